import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError } from '../../common/index.js';
import { ExpertReports } from '../usage/expert-report.js';
import { ExpertUsage, type ExpertCacheFigures } from '../usage/expert-usage.js';
import { StatsQuery, TopQuery } from './dto.js';

/** Use, speed and residency of experts. */
@ApiTags('experts')
@Controller('experts')
export class ExpertsController {
  constructor(
    private readonly reports: ExpertReports,
    private readonly usage: ExpertUsage,
  ) {}

  @ApiOperation({ summary: 'Experts of the live releases, most used first' })
  @Get('top')
  async top(@Query() { limit, model }: TopQuery): Promise<object> {
    const reports = await this.reports.all(model);
    return { items: reports.slice(0, limit), next_cursor: null, total: reports.length };
  }

  @ApiOperation({
    summary:
      'One expert by its name, such as `layer0.expert3`, in every live release or in that of one model',
  })
  @Get('stats/:name')
  async stats(@Param('name') name: string, @Query() { model }: StatsQuery): Promise<object> {
    const found = (await this.reports.all(model)).filter((report) => report.name === name);
    if (found.length === 0) {
      throw new CodedError('EXPERT_UNKNOWN', `no live release has an expert ${name.slice(0, 64)}`, {}, 404);
    }
    const uses = found.reduce((sum, report) => sum + report.uses, 0);
    return { name, uses, releases: found };
  }

  @ApiOperation({
    summary: 'How the expert cache does (all zero while no engine runs), and what `stemma cache-lab` found',
  })
  @Get('cache')
  cache(): object {
    const figures = this.usage.cache();
    const { bytes, budget, slots, hits, misses, evictions, loadMs, failures } = figures ?? NOTHING;
    return {
      policy: figures?.policy ?? null,
      bytes,
      budget,
      slots,
      hits,
      misses,
      evictions,
      failures,
      hit_rate: hits + misses === 0 ? null : hits / (hits + misses),
      load_ms: misses === 0 ? null : loadMs / misses,
      prefetch: figures === null ? null : prefetchOf(figures),
      lab: this.usage.lab(),
    };
  }
}

/** Foretold experts: `precision` of them were used, and they were `recall` of all that were used. */
function prefetchOf({ prefetched, prefetchUsed, foresight }: ExpertCacheFigures): object {
  const looked = foresight !== null && foresight.foretold > 0;
  return {
    loads: prefetched,
    used: prefetchUsed,
    precision: looked ? foresight.right / foresight.foretold : null,
    recall: looked ? foresight.right / foresight.used : null,
  };
}

const NOTHING = { bytes: 0, budget: 0, slots: 0, hits: 0, misses: 0, evictions: 0, loadMs: 0, failures: 0 };
