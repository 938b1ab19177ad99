import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { BlockReader } from '../../chain/index.js';
import { CodedError, unwrap, type Json } from '../../common/index.js';
import { AuditSettlement } from '../audit/audit-settlement.js';
import { DatasetLineages, type DatasetLineage } from '../lineage/dataset-lineage.js';
import { DatasetRows } from '../registry/dataset-rows.js';
import { DatasetVotes } from '../vote/dataset-votes.js';
import { DatasetParameters, DatasetReportQuery, DatasetsQuery, DatasetVoteDto } from './dto.js';
import { datasetView, stageView } from './views.js';

const USUAL_PAGE = 50;
/** Stages of one set that are shown; a set that is rescanned for years has few. */
const MOST_STAGES = 200;

/** Datasets: what they are, what was found in them, and the vote. */
@ApiTags('datasets')
@Controller('datasets')
export class DatasetsController {
  constructor(
    private readonly rows: DatasetRows,
    private readonly votes: DatasetVotes,
    private readonly reports: AuditSettlement,
    private readonly lineages: DatasetLineages,
    private readonly blocks: BlockReader,
  ) {}

  @ApiOperation({ summary: 'Datasets, newest first' })
  @Get()
  async list(@Query() { stage, creator, limit = USUAL_PAGE, cursor }: DatasetsQuery): Promise<object> {
    const found = await this.rows.list({
      limit: limit + 1,
      ...(stage === undefined ? {} : { stage }),
      ...(creator === undefined ? {} : { creator }),
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    const page = found.slice(0, limit);
    const next = found.length > limit ? page[page.length - 1].position : null;
    return { items: page.map(datasetView), next_cursor: next };
  }

  @ApiOperation({ summary: 'A dataset with its stages so far, its votes, and what the caller voted' })
  @Get(':id')
  async one(@Param() { id }: DatasetParameters, @Req() request: IdentifiedRequest): Promise<object> {
    const row = unwrap(await this.rows.one(id));
    const { vote } = row.record;
    const { subject } = request.identity ?? ANONYMOUS;
    const stages = unwrap(
      await this.blocks.list('D', { name: id, type: 'dataset' }, { limit: MOST_STAGES, order: 'oldest' }),
    );
    return {
      ...datasetView(row),
      stages: stages.items.map(stageView),
      votes: vote === null ? null : await this.votes.tally(id, vote.round),
      own_vote: vote === null ? null : await this.votes.of(subject, id, vote.round),
    };
  }

  @ApiOperation({ summary: 'What the quality gate found in a dataset (docs/formats/quality-report.md)' })
  @Get(':id/report')
  async report(@Param() { id }: DatasetParameters, @Query() { hash }: DatasetReportQuery): Promise<Json> {
    unwrap(await this.rows.one(id));
    const report = await this.reports.report(id, hash ?? null);
    if (report === null)
      throw new CodedError('DATASET_REPORT_NOT_FOUND', 'There is no such report.', { dataset: id }, 404);
    return JSON.parse(report) as Json;
  }

  @ApiOperation({
    summary: 'Blocks of weights that were trained on a dataset, and the releases that serve them',
  })
  @Get(':id/lineage')
  async lineage(@Param() { id }: DatasetParameters): Promise<DatasetLineage> {
    unwrap(await this.rows.one(id));
    return this.lineages.of(id);
  }

  @ApiOperation({ summary: 'Votes on a dataset: one account, one vote, which stays' })
  @Post(':id/vote')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('chain:write')
  async vote(
    @Param() { id }: DatasetParameters,
    @Body() { approve }: DatasetVoteDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return unwrap(await this.votes.cast(request.identity ?? ANONYMOUS, id, approve));
  }
}
