import { createPolicy, POLICY_NAMES, type ExpertPolicy, type PolicyName } from '../kernel/index.js';
import { Clairvoyant } from './clairvoyant.js';
import { SimulatedCache, type CacheCounts } from './simulated-cache.js';
import type { TraceTurns } from './turns.js';

/** A curve: one of the policies, or the clairvoyant optimum they are measured against. */
export type CurveName = PolicyName | 'belady';

/** All curves, in the order they are shown. */
export const CURVE_NAMES: readonly CurveName[] = [...POLICY_NAMES, 'belady'];

/** What all policies make of one size of the cache. */
export interface SizeResult {
  /** Experts that fit. */
  readonly places: number;
  /** Bytes of so many experts. */
  readonly bytes: number;
  /** Misses per policy. */
  readonly misses: Readonly<Record<CurveName, number>>;
}

/** A replay of one trace under every policy and size. */
export interface Study {
  readonly steps: number;
  /** Uses of an expert by a pass, in all. */
  readonly uses: number;
  /** Experts of the model. */
  readonly experts: number;
  readonly expertBytes: number;
  /** By size, smallest first. */
  readonly sizes: readonly SizeResult[];
}

/** Replays a trace with one policy and one size. */
export function replayTrace(
  { header, turns, steps }: TraceTurns,
  policy: ExpertPolicy,
  places: number,
  prefetch = false,
): CacheCounts {
  const { layers, experts } = header;
  const cache = new SimulatedCache(policy, places, experts);
  for (let step = 0; step < steps; step++) {
    for (let layer = 0; layer < layers; layer++) {
      const turn = step * layers + layer;
      const at = { step, layer, layers };
      cache.use(turns[turn].used, at);
      if (prefetch && layer + 1 < layers) cache.prefetch(turns[turn + 1].predicted, at);
    }
  }
  return cache.counts;
}

/** Replays a trace under every policy at every size. @param sizes numbers of experts that fit, ascending */
export function studyTrace(trace: TraceTurns, sizes: readonly number[]): Study {
  const { header, turns, steps } = trace;
  return {
    steps,
    uses: turns.reduce((sum, { used }) => sum + used.length, 0),
    experts: header.layers * header.experts,
    expertBytes: header.expertBytes,
    sizes: sizes.map((places) => ({
      places,
      bytes: places * header.expertBytes,
      misses: Object.fromEntries(
        CURVE_NAMES.map((name) => [name, replayTrace(trace, curvePolicy(name, trace), places).misses]),
      ) as Record<CurveName, number>,
    })),
  };
}

/** Sizes from one expert per layer's turn to all experts, about evenly spaced. */
export function defaultSizes({ header, turns }: TraceTurns, count = 12): number[] {
  const most = header.layers * header.experts;
  const least = Math.min(most, Math.max(...turns.map(({ used }) => used.length)));
  const sizes = Array.from({ length: count }, (_, i) =>
    Math.round(least + ((most - least) * i) / (count - 1)),
  );
  return [...new Set(sizes)];
}

/** The policy with the fewest misses at one size; among equals the first of the list. */
export function bestPolicy({ misses }: SizeResult): PolicyName {
  return POLICY_NAMES.reduce((best, name) => (misses[name] < misses[best] ? name : best));
}

/** Part of the uses that found their expert in memory, 0 to 1. */
export function hitRate({ uses }: Study, { misses }: SizeResult, name: CurveName): number {
  return uses === 0 ? 0 : 1 - misses[name] / uses;
}

function curvePolicy(name: CurveName, trace: TraceTurns): ExpertPolicy {
  return name === 'belady' ? new Clairvoyant(trace) : createPolicy(name);
}
