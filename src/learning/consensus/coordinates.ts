import type { Aggregator, Updates } from './aggregator.js';

/** The mean of all updates: best where nobody cheats, and worth nothing as soon as one does. */
export const MEAN: Aggregator = {
  name: 'mean',
  leastUpdates: (faulty) => (faulty === 0 ? 1 : Infinity),
  combine: (updates) => meanOf(updates),
  used: (updates) => updates.map(() => true),
};

/** The median of every coordinate (D. Yin et al., Byzantine-Robust Distributed Learning, arXiv 1803.01498, definition 1). */
export const MEDIAN: Aggregator = {
  name: 'median',
  leastUpdates: (faulty) => 2 * faulty + 1,
  combine: (updates) => byCoordinate(updates, medianOfSorted),
  used: (updates) => usedAnywhere(updates, (updates.length - 1) >> 1),
};

/** The mean of every coordinate without its `faulty` largest and smallest values (the same paper, definition 2). */
export const TRIMMED_MEAN: Aggregator = {
  name: 'trimmed_mean',
  leastUpdates: (faulty) => 2 * faulty + 1,
  combine: (updates, { faulty }) =>
    byCoordinate(updates, (sorted) => meanOfRange(sorted, faulty, sorted.length - faulty)),
  used: (updates, { faulty }) => usedAnywhere(updates, faulty),
};

/** The mean of every coordinate; sums in float64, in the order of the updates. */
export function meanOf(updates: Updates): Float32Array {
  const mean = new Float32Array(updates[0].length);
  for (let i = 0; i < mean.length; i++) {
    let sum = 0;
    for (const update of updates) sum += update[i];
    mean[i] = sum / updates.length;
  }
  return mean;
}

/** The median of every coordinate; of an even number, the mean of the middle two. */
export function medianOf(updates: Updates): Float32Array {
  return byCoordinate(updates, medianOfSorted);
}

function byCoordinate(updates: Updates, choose: (sorted: Float64Array) => number): Float32Array {
  const combined = new Float32Array(updates[0].length);
  const values = new Float64Array(updates.length);
  for (let i = 0; i < combined.length; i++) {
    for (let j = 0; j < updates.length; j++) values[j] = updates[j][i];
    combined[i] = choose(values.sort());
  }
  return combined;
}

/** Which updates have a value other than 0 that is not among the `cut` smallest or largest of its coordinate. */
function usedAnywhere(updates: Updates, cut: number): boolean[] {
  const used = updates.map(() => false);
  const values = new Float64Array(updates.length);
  for (let i = 0; i < updates[0].length && used.includes(false); i++) {
    for (let j = 0; j < updates.length; j++) values[j] = updates[j][i];
    values.sort();
    const [least, most] = [values[cut], values[values.length - 1 - cut]];
    for (const [j, { [i]: value }] of updates.entries())
      used[j] ||= value !== 0 && value >= least && value <= most;
  }
  return used;
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function meanOfRange(sorted: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += sorted[i];
  return sum / (to - from);
}
