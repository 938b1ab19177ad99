import type { Aggregator } from './aggregator.js';
import { medianOf } from './coordinates.js';
import { squaredDistance } from './vectors.js';

const ITERATIONS = 3;

/**
 * Moves from what the round before gave towards every update, but towards none further than is usual (S. P. Karimireddy, L. He,
 * M. Jaggi, Learning from History for Byzantine Robust Optimization, arXiv 2012.10333, algorithm 2). The radius is the median of the
 * distances, so that nobody has to guess it; without a round before, it begins at the median of every coordinate.
 */
export const CENTRED_CLIPPING: Aggregator = {
  name: 'centred_clipping',
  leastUpdates: (faulty) => 2 * faulty + 1,
  combine: (updates, { previous }) => {
    let centre = Float64Array.from(previous ?? medianOf(updates));
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const distances = updates.map((update) => Math.sqrt(squaredDistance(update, centre)));
      const radius = Float64Array.from(distances).sort()[distances.length >> 1];
      if (radius === 0) break;
      const next = Float64Array.from(centre);
      for (const [i, update] of updates.entries()) {
        const share = Math.min(1, radius / distances[i]) / updates.length;
        if (distances[i] === 0) continue;
        for (let j = 0; j < next.length; j++) next[j] += share * (update[j] - centre[j]);
      }
      centre = next;
    }
    return Float32Array.from(centre);
  },
  used: (updates) => updates.map(() => true),
};
