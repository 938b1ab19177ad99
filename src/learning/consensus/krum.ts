import type { Aggregator, Updates } from './aggregator.js';
import { meanOf } from './coordinates.js';
import { squaredDistance } from './vectors.js';

/** The one update that is nearest to its neighbours (P. Blanchard et al., Machine Learning with Adversaries, NeurIPS 2017, §3). */
export const KRUM: Aggregator = {
  name: 'krum',
  leastUpdates,
  combine: (updates, { faulty }) => Float32Array.from(updates[nearest(updates, faulty)[0]]),
  used: (updates, { faulty }) => among(updates, nearest(updates, faulty).slice(0, 1)),
};

/** The mean of those n - f - 2 updates that are nearest to their neighbours (the same paper, §4). */
export const MULTI_KRUM: Aggregator = {
  name: 'multi_krum',
  leastUpdates,
  combine: (updates, { faulty }) => meanOf(chosen(updates, faulty).map((i) => updates[i])),
  used: (updates, { faulty }) => among(updates, chosen(updates, faulty)),
};

function chosen(updates: Updates, faulty: number): number[] {
  return nearest(updates, faulty).slice(0, updates.length - faulty - 2);
}

function among(updates: Updates, places: readonly number[]): boolean[] {
  return updates.map((_, i) => places.includes(i));
}

function leastUpdates(faulty: number): number {
  return 2 * faulty + 3;
}

/**
 * Numbers of the updates, the nearest first: by the sum of the squared distances to the n - f - 2 others that are closest to it. Of
 * equals the earlier one is nearer.
 */
function nearest(updates: Updates, faulty: number): number[] {
  const neighbours = updates.length - faulty - 2;
  // each pair once: a distance is the same both ways, to the bit
  const after = updates.map((a, i) => updates.slice(i + 1).map((b) => squaredDistance(a, b)));
  const between = (i: number, j: number) => (i < j ? after[i][j - i - 1] : after[j][i - j - 1]);
  const scores = updates.map((_, i) => {
    const others = Float64Array.from(updates.flatMap((_other, j) => (j === i ? [] : [between(i, j)]))).sort();
    return others.subarray(0, neighbours).reduce((sum, distance) => sum + distance, 0);
  });
  return scores
    .map((score, i) => ({ score, i }))
    .sort((a, b) => a.score - b.score || a.i - b.i)
    .map(({ i }) => i);
}
