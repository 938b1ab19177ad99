import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { SameAnswers } from '../../common/answer-text.js';
import { CodedError, unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { PromotionDoor } from '../releases/promotion-door.js';
import { ReleaseCatalog } from '../releases/release-catalog.js';
import type { ReleaseRow } from '../releases/release-table.js';
import { ModelParameters, PageQuery, PromoteQuery, ReleaseParameters } from './dto.js';
import { pageOf } from './page.js';

/** Whom the command line of the server's own machine acts for. */
const OPERATOR = 'command';
/** Pages of the list whose text is remembered. */
const MOST_LISTS = 16;

/** Models, their releases, and which of them is live. */
@ApiTags('models')
@Controller('models')
export class ModelsController {
  private readonly lists = new SameAnswers(MOST_LISTS);

  constructor(
    private readonly catalog: ReleaseCatalog,
    private readonly config: AppConfig,
    private readonly door: PromotionDoor,
  ) {}

  @ApiOperation({ summary: 'All models by name, each with its live release' })
  @Get()
  async list(@Query() query: PageQuery): Promise<object> {
    const models = await this.catalog.models();
    const page = pageOf(models, query, ({ name }) => name);
    const releases = await Promise.all(page.items.map(({ name }) => this.catalog.releases(name)));
    return this.lists.of(`${query.limit} ${query.cursor ?? ''}`, [models, ...releases], () => ({
      items: page.items.map(({ name, liveRelease }, i) => describe(name, liveRelease, releases[i])),
      next_cursor: page.nextCursor,
    }));
  }

  @ApiOperation({ summary: 'All releases of a model, newest first' })
  @Get(':name/releases')
  async releases(@Param() { name }: ModelParameters, @Query() query: PageQuery): Promise<object> {
    const model = (await this.catalog.models()).find((candidate) => candidate.name === name);
    if (model === undefined)
      throw new CodedError('MODEL_UNKNOWN', `there is no model ${name}`, { model: name }, 404);
    const newestFirst = (await this.catalog.releases(name)).toReversed();
    const page = pageOf(newestFirst, query, ({ hash }) => hash);
    const items = page.items.map((row) => ({
      ...describeRelease(row),
      live: row.hash === model.liveRelease,
    }));
    return { items, next_cursor: page.nextCursor };
  }

  @ApiOperation({
    summary:
      'Asks that a release becomes the live one of its model; on one person’s own machine that is an order',
  })
  @Post(':name/releases/:version/promote')
  @HttpCode(200)
  @Roles('guardian')
  @NeedsScope('models:write')
  async promote(
    @Param() { name, version }: ReleaseParameters,
    @Query() { staged }: PromoteQuery,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const actor = request.identity?.subject ?? 'anonymous';
    const mayOrder = this.config.singleUser || actor === OPERATOR;
    const { outcome, decision } = unwrap(
      await this.door.ask({ model: name, version, actor, mayOrder, staged: staged === 'true' }),
    );
    if (outcome === null) {
      void reply.status(202);
      return { model: name, version, live: false, moved: false, decision };
    }
    const { release, previous, moved } = outcome;
    return { ...describeRelease(release), live: true, previous, moved, decision };
  }
}

function describe(name: string, liveRelease: string | null, releases: readonly ReleaseRow[]): object {
  const live = releases.find(({ hash }) => hash === liveRelease);
  return { name, live: live === undefined ? null : describeRelease(live), releases: releases.length };
}

function describeRelease(row: ReleaseRow): object {
  const { hash: release, chainIndex: index, model, version, dtype, meta, tokenizer, parent, timestamp } = row;
  return { release, index, model, version, dtype, meta, tokenizer, parent, timestamp };
}
