import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FreshCache } from '../../common/fresh-cache.js';
import { FILTER_FEATURES } from '../filter/filter-features.js';
import { FilterStore } from '../filter/filter-store.js';

const FRESH_MS = 5_000;

/** The pre-filter that was learnt from verdicts, for everybody to look into. */
@ApiTags('learning')
@Controller('learning')
export class FilterController {
  private readonly kept = new FreshCache(() => this.read(), { freshMs: FRESH_MS, most: 1 });

  constructor(private readonly store: FilterStore) {}

  @ApiOperation({
    summary: 'The learnt pre-filter: what it looks at, how precise it is, how many of the rejected it finds',
    description:
      'Precision and recall are of candidates it was not fitted to. `filter` is null while there are too few verdicts, `unused` says why one turns nobody away.',
  })
  @Get('filter')
  filter(): Promise<object> {
    return this.kept.get('');
  }

  private async read(): Promise<object> {
    const [stored, experience] = await Promise.all([this.store.newest(), this.store.experience()]);
    if (stored === null) return { filter: null, experience };
    const { model, threshold, figures, unused } = stored.filter;
    const features = FILTER_FEATURES.map((feature, i) => ({
      ...feature,
      weight: model.weights[i],
      ...{ mean: model.means[i], deviation: model.deviations[i] },
    }));
    const facts = { input: stored.input, trained_at: stored.trainedAt, threshold, ...figures, unused };
    return { filter: { ...facts, bias: model.bias, features }, experience };
  }
}
