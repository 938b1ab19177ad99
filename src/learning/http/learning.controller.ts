import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { BodyLimit } from '../../common/body-limit.js';
import { unwrap } from '../../common/index.js';
import { TrainingAudit, type AuditTerms } from '../judging/training-audit.js';
import { Leaderboard } from '../submission/leaderboard.js';
import { SUBMISSION_LIMITS } from '../submission/statement.js';
import { SubmissionDesk } from '../submission/submission-desk.js';
import { SubmissionStore } from '../submission/submission-store.js';
import {
  LeaderboardQuery,
  LearningPageQuery,
  SubmissionDto,
  SubmissionParameters,
  SubmissionsQuery,
} from './dto.js';
import { submissionDetail, submissionView } from './views.js';

const USUAL_PAGE = 20;

/** Trained experts: handed in, judged, shown to everybody. */
@ApiTags('learning')
@Controller('learning')
export class LearningController {
  constructor(
    private readonly desk: SubmissionDesk,
    private readonly store: SubmissionStore,
    private readonly leaders: Leaderboard,
    private readonly audit: TrainingAudit,
  ) {}

  @ApiOperation({
    summary: 'Hands in trained experts to be judged; the same statement twice is the same submission',
    description:
      'The blocks are uploaded before by `POST /upload_moe_experts` in chunks, without completing that upload. 202: taken now, 200: it was here already.',
  })
  @Post('submissions')
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  @BodyLimit(SUBMISSION_LIMITS.manifestBytes)
  @HttpCode(202)
  async submit(
    @Body() { upload_id: upload, statement, signature, manifest, shows_training: shows }: SubmissionDto,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { subject } = request.identity ?? ANONYMOUS;
    const sent = { upload, statement, signature, manifest, showsTraining: shows === true };
    const taken = unwrap(await this.desk.submit(subject, sent));
    if (!taken.created) void reply.status(200);
    return submissionView(taken.row);
  }

  @ApiOperation({ summary: 'Submissions, newest first' })
  @Get('submissions')
  async list(@Query() { limit = USUAL_PAGE, cursor, ...query }: SubmissionsQuery): Promise<object> {
    const found = await this.store.list({
      ...given(query),
      ...{ limit: limit + 1, ...(cursor !== undefined && { before: cursor }) },
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(submissionView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'A submission with its checks, beacon and verdict' })
  @Get('submissions/:id')
  async one(@Param() { id }: SubmissionParameters): Promise<object> {
    return submissionDetail(unwrap(await this.store.one(id)));
  }

  @ApiOperation({ summary: 'The training manifest of a submission' })
  @Get('submissions/:id/manifest')
  async manifest(@Param() { id }: SubmissionParameters): Promise<unknown> {
    unwrap(await this.store.one(id));
    return this.store.manifest(id);
  }

  @ApiOperation({
    summary:
      'Beacons that examples were drawn from, newest first; each is the root over the first leaves of the log',
  })
  @Get('beacons')
  async beacons(@Query() { limit = USUAL_PAGE, cursor }: LearningPageQuery): Promise<object> {
    const found = await this.store.list({
      ...{ drawn: true, limit: limit + 1, ...(cursor !== undefined && { before: cursor }) },
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(({ id, model, state, beacon }) => ({ submission_id: id, model, state, ...beacon })),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'Whether every training is audited, and by how many updates' })
  @Get('audit')
  terms(): AuditTerms {
    return this.audit.terms();
  }

  @ApiOperation({ summary: 'Contributors by what their accepted experts have gained' })
  @Get('leaderboard')
  async leaderboard(@Query() { limit = USUAL_PAGE }: LeaderboardQuery): Promise<object> {
    return { items: await this.leaders.best(limit) };
  }
}

/** Members that are given, as strict optional ones ask for. */
function given<T extends object>(query: T): T {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;
}
