import type { Aggregator, AggregatorName } from './aggregator.js';
import { CENTRED_CLIPPING } from './centred-clipping.js';
import { MEAN, MEDIAN, TRIMMED_MEAN } from './coordinates.js';
import { KRUM, MULTI_KRUM } from './krum.js';

/** All aggregators, by name. */
export const AGGREGATORS: Readonly<Record<AggregatorName, Aggregator>> = {
  ...{ mean: MEAN, median: MEDIAN, trimmed_mean: TRIMMED_MEAN },
  ...{ krum: KRUM, multi_krum: MULTI_KRUM, centred_clipping: CENTRED_CLIPPING },
};
