import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { Promotion } from '../releases/promotion.js';
import { ReleaseCatalog } from '../releases/release-catalog.js';
import type { ReleaseRow } from '../releases/release-table.js';
import { ModelParameters, PageQuery, ReleaseParameters } from './dto.js';
import { pageOf } from './page.js';

/** Models, their releases, and which of them is live. */
@ApiTags('models')
@Controller('models')
export class ModelsController {
  constructor(
    private readonly catalog: ReleaseCatalog,
    private readonly promotion: Promotion,
  ) {}

  @ApiOperation({ summary: 'All models by name, each with its live release' })
  @Get()
  async list(@Query() query: PageQuery): Promise<object> {
    const models = await this.catalog.models();
    const page = pageOf(models, query, ({ name }) => name);
    const items = await Promise.all(
      page.items.map(({ name, liveRelease }) => this.describe(name, liveRelease)),
    );
    return { items, next_cursor: page.nextCursor };
  }

  @ApiOperation({ summary: 'All releases of a model, newest first' })
  @Get(':name/releases')
  async releases(@Param() { name }: ModelParameters, @Query() query: PageQuery): Promise<object> {
    const model = (await this.catalog.models()).find((candidate) => candidate.name === name);
    if (model === undefined)
      throw new CodedError('MODEL_UNKNOWN', `there is no model ${name}`, { model: name }, 404);
    const newestFirst = (await this.catalog.releases(name)).reverse();
    const page = pageOf(newestFirst, query, ({ hash }) => hash);
    const items = page.items.map((row) => ({
      ...describeRelease(row),
      live: row.hash === model.liveRelease,
    }));
    return { items, next_cursor: page.nextCursor };
  }

  @ApiOperation({ summary: 'Makes a release the live one of its model; doing it again changes nothing' })
  @Post(':name/releases/:version/promote')
  @HttpCode(200)
  @Roles('guardian')
  @NeedsScope('models:write')
  async promote(
    @Param() { name, version }: ReleaseParameters,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const actor = request.identity?.subject ?? 'anonymous';
    const { release, previous, moved } = unwrap(await this.promotion.promote(name, version, actor));
    return { ...describeRelease(release), live: true, previous, moved };
  }

  private async describe(name: string, liveRelease: string | null): Promise<object> {
    const releases = await this.catalog.releases(name);
    const live = releases.find(({ hash }) => hash === liveRelease);
    return { name, live: live === undefined ? null : describeRelease(live), releases: releases.length };
  }
}

function describeRelease(row: ReleaseRow): object {
  const { hash: release, chainIndex: index, model, version, dtype, meta, tokenizer, parent, timestamp } = row;
  return { release, index, model, version, dtype, meta, tokenizer, parent, timestamp };
}
