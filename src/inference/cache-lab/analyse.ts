import { createPolicy, type PolicyName, type RoutingTrace } from '../kernel/index.js';
import type { PolicyChoice } from './policy-choice.js';
import { predictionFigures } from './prediction.js';
import {
  bestPolicy,
  CURVE_NAMES,
  defaultSizes,
  hitRate,
  replayTrace,
  studyTrace,
  type Study,
} from './study.js';
import { openTrace, type TraceTurns } from './turns.js';

const MEBIBYTE = 2 ** 20;

/** What a trace is looked at for. */
export interface AnalysisOptions {
  readonly model: string;
  /** The configured size of the cache, MiB. */
  readonly expertCacheMb: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Sizes to draw, MiB; by default from the smallest that makes sense to all experts. */
  readonly sizes?: readonly number[];
}

/** All curves of a trace and the choice they lead to. */
export interface Analysis {
  readonly study: Study;
  readonly choice: PolicyChoice;
}

/** Replays a trace under every policy and chooses the one with the fewest misses at the configured size. */
export function analyseTrace(trace: RoutingTrace, options: AnalysisOptions): Analysis {
  const turns = openTrace(trace);
  const { header } = turns;
  const places = (mebibytes: number) => {
    const fit = Math.floor((mebibytes * MEBIBYTE) / header.expertBytes);
    return Math.min(Math.max(1, fit), header.layers * header.experts);
  };
  const configured = places(options.expertCacheMb);
  const sizes = new Set([...(options.sizes?.map(places) ?? defaultSizes(turns)), configured]);
  const study = studyTrace(
    turns,
    [...sizes].sort((a, b) => a - b),
  );
  const at = study.sizes.find((size) => size.places === configured)!;
  const policy = bestPolicy(at);
  const prediction = predictionFigures(turns);
  const choice: PolicyChoice = {
    version: 1,
    model: options.model,
    release: header.release,
    policy,
    expert_cache_mb: options.expertCacheMb,
    measured_at: options.now,
    passes: study.steps,
    hit_rate: hitRate(study, at, policy),
    optimum: hitRate(study, at, 'belady'),
    prediction,
    prefetch: prediction === null ? null : prefetchFigures(turns, policy, at.misses[policy], configured),
    curves: study.sizes.map((size) => ({
      experts: size.places,
      bytes: size.bytes,
      hit_rates: Object.fromEntries(CURVE_NAMES.map((name) => [name, hitRate(study, size, name)])) as Record<
        (typeof CURVE_NAMES)[number],
        number
      >,
    })),
  };
  return { study, choice };
}

function prefetchFigures(trace: TraceTurns, policy: PolicyName, misses: number, places: number) {
  const counts = replayTrace(trace, createPolicy(policy), places, true);
  const hitRate = counts.hits / (counts.hits + counts.misses);
  return { hit_rate: hitRate, loads: (counts.misses + counts.prefetched) / misses };
}
