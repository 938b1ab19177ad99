import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { actsAsGuardian, ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../../auth/index.js';
import { unwrap } from '../../../common/index.js';
import { RemovalDesk } from '../removal-desk.js';
import type { RemovalRow } from '../removal-row.js';
import { RemovalStore } from '../removal-store.js';
import { RemovalWorker } from '../removal-worker.js';
import { RemovalDto, RemovalParameters, RemovalsQuery } from './dto.js';

const USUAL_PAGE = 20;

/** Experts that are left out: asked for, measured, released, shown to everybody. */
@ApiTags('experts')
@Controller('experts/opt-out')
export class RemovalsController {
  constructor(
    private readonly desk: RemovalDesk,
    private readonly store: RemovalStore,
    private readonly worker: RemovalWorker,
  ) {}

  @ApiOperation({
    summary:
      'Has experts left out of the live release of a model; the same experts of the same release are one removal',
    description:
      'Guardians (by API key: with the scope `guardian`) may ask for every expert, contributors for those they have trained. What it costs or gains is measured in every domain, then a release without them is decided about as any other. 202: taken now, 200: it was here already.',
  })
  @Post()
  @Roles('contributor', 'node', 'guardian')
  @NeedsScope('chain:write')
  @HttpCode(202)
  async ask(
    @Body() ask: RemovalDto,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const identity = request.identity ?? ANONYMOUS;
    const asker = { account: identity.subject, mayAll: actsAsGuardian(identity) };
    const { row, created } = unwrap(await this.desk.ask(asker, ask));
    if (created) this.worker.look();
    else void reply.status(200);
    return removalView(row);
  }

  @ApiOperation({ summary: 'Removals of experts, newest first' })
  @Get()
  async list(@Query() { limit = USUAL_PAGE, cursor, model }: RemovalsQuery): Promise<object> {
    const found = await this.store.list({
      ...{ limit: limit + 1, ...(cursor !== undefined && { before: cursor }) },
      ...(model !== undefined && { model }),
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(removalView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'A removal with its effect in every domain' })
  @Get(':id')
  async one(@Param() { id }: RemovalParameters): Promise<object> {
    const row = unwrap(await this.store.one(id));
    const { beacon, effect, effectHash } = row;
    return { ...removalView(row), statement: row.statement, beacon, effect, effect_hash: effectHash };
  }
}

function removalView({ id, statement, state, effect, ...row }: RemovalRow): object {
  return {
    ...{ removal_id: id, model: statement.model, base_release: statement.release },
    ...{ experts: statement.experts, reason: statement.reason },
    ...{ state, code: row.code, detail: row.detail, figures: effect?.figures ?? null },
    ...{ worse: effect?.worse ?? null, release: row.release, version: row.version, decision: row.decision },
    ...{ created_at: row.createdAt, updated_at: row.updatedAt },
  };
}
