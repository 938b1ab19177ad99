import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { actsAsGuardian, ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../../auth/index.js';
import { CodedError, unwrap } from '../../../common/index.js';
import { SubmissionStore } from '../../submission/submission-store.js';
import { RoundCancellation } from '../round-cancellation.js';
import { RoundDesk } from '../round-desk.js';
import { RoundReveals } from '../round-reveals.js';
import type { RoundRow } from '../round-row.js';
import { RoundStore } from '../round-store.js';
import {
  RoundDto,
  RoundParameters,
  RoundReasonDto,
  RoundsQuery,
  RoundStatementDto,
  RoundUpdateParameters,
  RoundUpdateQuery,
} from './dto.js';
import { roundDetail, roundView } from './views.js';

const USUAL_PAGE = 20;

/** Rounds in which several contributors train the same experts. */
@ApiTags('learning')
@Controller('learning/rounds')
export class RoundsController {
  constructor(
    private readonly desk: RoundDesk,
    private readonly reveals: RoundReveals,
    private readonly cancellation: RoundCancellation,
    private readonly store: RoundStore,
    private readonly submissions: SubmissionStore,
  ) {}

  @ApiOperation({
    summary: 'Announces a round',
    description:
      'Contributors join, commit to their updates, show them, and one update is made of all: see docs/formats/round.md.',
  })
  @Post()
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  async announce(@Body() { terms }: RoundDto, @Req() request: IdentifiedRequest): Promise<object> {
    return this.detail(unwrap(await this.desk.announce(accountOf(request), terms)));
  }

  @ApiOperation({ summary: 'Rounds, newest first' })
  @Get()
  async list(@Query() { limit = USUAL_PAGE, cursor, model, state }: RoundsQuery): Promise<object> {
    const found = await this.store.list({
      ...{ limit: limit + 1, ...(cursor !== undefined && { before: cursor }) },
      ...{ ...(model !== undefined && { model }), ...(state !== undefined && { state }) },
    });
    const page = found.slice(0, limit);
    const results = await this.submissions.findAll(page.flatMap(({ submission }) => submission ?? []));
    return {
      items: page.map((row) => roundView(row, results.get(row.submission ?? '') ?? null)),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'A round with its terms, its members and what was made of their updates' })
  @Get(':id')
  async one(@Param() { id }: RoundParameters): Promise<object> {
    return this.detail(unwrap(await this.store.one(id)));
  }

  @ApiOperation({ summary: 'Joins a round; the same statement twice is once' })
  @Post(':id/members')
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  @HttpCode(200)
  async join(
    @Param() { id }: RoundParameters,
    @Body() signed: RoundStatementDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return this.detail(unwrap(await this.desk.join(accountOf(request), id, signed)));
  }

  @ApiOperation({ summary: 'Commits to an update by its hash, while nobody has shown one yet' })
  @Post(':id/commitments')
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  @HttpCode(200)
  async commit(
    @Param() { id }: RoundParameters,
    @Body() signed: RoundStatementDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return this.detail(unwrap(await this.desk.commit(accountOf(request), id, signed)));
  }

  @ApiOperation({ summary: 'Shows the update that one has committed to, as `application/octet-stream`' })
  @Post(':id/updates')
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  @HttpCode(200)
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async reveal(
    @Param() { id }: RoundParameters,
    @Query() { author }: RoundUpdateQuery,
    @Body() bytes: unknown,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    if (!isStream(bytes))
      throw new CodedError('UPLOAD_MEDIA_TYPE', 'updates are application/octet-stream', {}, 415);
    return this.detail(unwrap(await this.reveals.reveal(accountOf(request), id, { author, bytes })));
  }

  @ApiOperation({
    summary:
      'Cancels a round, as who has announced it before an update is shown, or as a guardian; twice is once',
  })
  @Post(':id/cancel')
  @Roles('contributor', 'node', 'guardian')
  @NeedsScope('chain:write')
  @HttpCode(200)
  async cancel(
    @Param() { id }: RoundParameters,
    @Body() { reason }: RoundReasonDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const guardian = actsAsGuardian(request.identity ?? ANONYMOUS);
    const by = { account: accountOf(request), guardian, reason };
    return this.detail(unwrap(await this.cancellation.cancel(id, by)));
  }

  @ApiOperation({
    summary: 'An update that was shown, by its hash; those of private rounds are given to nobody',
  })
  @Get(':id/updates/:hash')
  async update(@Param() { id, hash }: RoundUpdateParameters): Promise<StreamableFile> {
    const bytes = unwrap(await this.store.update(id, hash));
    return new StreamableFile(bytes, { type: 'application/octet-stream', length: bytes.length });
  }

  private async detail(row: RoundRow): Promise<object> {
    const { id, submission } = row;
    const result = submission === null ? null : await this.submissions.find(submission);
    return roundDetail(row, await this.store.members(id), result);
  }
}

function accountOf(request: IdentifiedRequest): string {
  return (request.identity ?? ANONYMOUS).subject;
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
