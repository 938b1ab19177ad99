import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Json } from '../../common/index.js';
import { failed, passed, type CheckOutcome } from '../checks/check-outcome.js';
import { filterFeatures } from './filter-features.js';
import { EVALUATED_ANYWAY, FilterStore } from './filter-store.js';
import { probabilityOf } from './logistic-regression.js';

/** Turns away what candidates before it have shown to be unlikely to be accepted. */
@Injectable()
export class LearntPreFilter {
  /** Whether an unlikely candidate is evaluated all the same; by chance, as its id is its author's to choose. */
  isDrawn: () => boolean = () => randomInt(EVALUATED_ANYWAY) === 0;

  constructor(private readonly store: FilterStore) {}

  /** What the filter in force says; null where there is none, or nothing it could look at. @param figures of the pre-filter */
  async check(figures: Json): Promise<CheckOutcome | null> {
    const began = performance.now();
    const features = filterFeatures(figures);
    const stored = features === null ? null : await this.store.newest();
    if (features === null || stored === null || stored.filter.unused !== null) return null;
    const { model, threshold } = stored.filter;
    const probability = probabilityOf(model, features);
    const found: Json = { probability, threshold, filter: stored.input };
    const odds = `accepted with a probability of ${percent(probability)}`;
    const took = performance.now() - began;
    if (!(probability < threshold))
      return passed('learnt_filter', `${odds}; turned away below ${percent(threshold)}`, found, took);
    if (this.isDrawn())
      return passed('learnt_filter', `${odds}; drawn to be evaluated all the same`, found, took);
    const detail = `${odds} after what became of others like it, asked for is ${percent(threshold)}`;
    return failed('learnt_filter', { code: 'ACCEPTANCE_UNLIKELY', detail }, found, took);
  }
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`;
}
