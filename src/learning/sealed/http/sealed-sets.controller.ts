import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../../auth/index.js';
import { unwrap } from '../../../common/index.js';
import { leftOf } from '../sealed-draw.js';
import { SealedDesk } from '../sealed-desk.js';
import { SealedEvidenceMaker } from '../sealed-evidence-maker.js';
import { SealedStore, type StoredSet } from '../sealed-store.js';
import { SealedSetDto, SealedSetsQuery, SealedSubjectParameters } from './dto.js';

const USUAL_PAGE = 20;

/** Sealed sets: committed to, listed, and opened as far as verdicts rest on them. */
@ApiTags('learning')
@Controller('api/learning/sealed-sets')
export class SealedSetsController {
  constructor(
    private readonly desk: SealedDesk,
    private readonly store: SealedStore,
    private readonly evidence: SealedEvidenceMaker,
  ) {}

  @ApiOperation({
    summary: 'Commits to a sealed set, whose documents lie in the data folder of this server already',
    description:
      '`stemma sealed create` makes both. The commitment is put into the log; what is handed in after that is judged by examples that the beacon draws from the set. 201: taken now, 200: it was here already.',
  })
  @Post()
  @Roles('guardian')
  @NeedsScope('guardian')
  @HttpCode(201)
  async commit(
    @Body() { commitment: given }: SealedSetDto,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { subject } = request.identity ?? ANONYMOUS;
    const { commitment, created } = unwrap(await this.desk.commit(subject, given));
    if (!created) void reply.status(200);
    return { commitment, left: leftOf(commitment, await this.store.used(commitment.root)) };
  }

  @ApiOperation({ summary: 'Commitments to sealed sets, newest first, with what is left of each domain' })
  @Get()
  async list(@Query() { limit = USUAL_PAGE, cursor, model }: SealedSetsQuery): Promise<object> {
    const found = await this.store.sets(model ?? null, limit + 1, cursor);
    const page = found.slice(0, limit);
    return {
      items: await Promise.all(page.map((set) => this.view(set))),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({
    summary:
      'What a verdict on a submission, or the effect of a removal, rests on: exactly the drawn examples, with proofs',
    description: 'Only after the verdict. `stemma sealed verify` checks it.',
  })
  @Get('evidence/:subject')
  async of(@Param() { subject }: SealedSubjectParameters): Promise<object> {
    return unwrap(await this.evidence.of(subject));
  }

  private async view({ commitment, createdAt }: StoredSet): Promise<object> {
    const left = leftOf(commitment, await this.store.used(commitment.root));
    return { commitment, left, created_at: createdAt };
  }
}
