import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import type { MirrorFigures } from '../report/mirror-report.js';
import { MirrorRunStore, type MirrorRun } from '../runs/mirror-run-store.js';
import { TruthMirror } from '../runs/truth-mirror.js';
import { MirrorRunDto, MirrorRunParameters, MirrorRunsQuery } from './dto.js';

const USUAL_PAGE = 20;

/** What was measured of releases: bias, fairness, toxicity, transparency. */
@ApiTags('autonomy')
@Controller('api/truth-mirror/runs')
export class TruthMirrorController {
  constructor(
    private readonly mirror: TruthMirror,
    private readonly runs: MirrorRunStore,
  ) {}

  @ApiOperation({
    summary: 'Begins to measure a release; one is measured at a time, behind the answers people wait for',
  })
  @Post()
  @NeedsScope('guardian')
  @HttpCode(202)
  @Roles('guardian')
  async start(@Body() { model, version }: MirrorRunDto, @Req() request: IdentifiedRequest): Promise<object> {
    const { subject } = request.identity ?? ANONYMOUS;
    const { id } = unwrap(await this.mirror.start(model, version, subject));
    return runView(unwrap(await this.mirror.run(id)));
  }

  @ApiOperation({ summary: 'Measurements, newest first, with their main figures' })
  @Get()
  async list(@Query() query: MirrorRunsQuery): Promise<object> {
    const limit = query.limit ?? USUAL_PAGE;
    const found = await this.runs.list({
      limit: limit + 1,
      ...(query.model === undefined ? {} : { model: query.model }),
      ...(query.version === undefined ? {} : { version: query.version }),
      ...(query.cursor === undefined ? {} : { before: query.cursor }),
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(runView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'A measurement with its signed report' })
  @Get(':id')
  async one(@Param() { id }: MirrorRunParameters): Promise<object> {
    const run = unwrap(await this.mirror.run(id));
    return { ...runView(run), report: run.report };
  }
}

function runView(run: MirrorRun): object {
  const { id, model, version, release, state, code, detail, createdAt, finishedAt, report } = run;
  const figures = report === null ? null : (report.figures as unknown as MirrorFigures);
  return {
    ...{ id, model, version, release, state, code, detail },
    ...{ created_at: createdAt, finished_at: finishedAt },
    figures:
      figures === null
        ? null
        : {
            bias: figures.bias?.value ?? null,
            fairness: figures.fairness?.value ?? null,
            toxicity: figures.toxicity.share,
            transparency: figures.transparency.all,
          },
  };
}
