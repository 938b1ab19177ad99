import { addToSet, recordBytes, setOffset, type RoutingTrace } from '../kernel/index.js';

/** What a made-up model is like. */
export interface SyntheticModel {
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly expertBytes: number;
  /** Passes of one row each. */
  readonly steps: number;
  readonly seed: number;
}

/** A model of 64 experts per layer, for pictures and measurements without its weights. */
export const SIXTY_FOUR_EXPERTS: SyntheticModel = {
  layers: 12,
  experts: 64,
  expertsPerToken: 6,
  expertBytes: 6_684_672,
  steps: 600,
  seed: 1,
};

/** An expert is chosen with a weight of 1 / (rank + 1)^`SKEW`: some are popular, as in trained models. */
const SKEW = 0.6;
/** How much likelier an expert becomes that the pass before has used. */
const RECENT_BOOST = 6;
/** Passes on one topic; each topic has a ranking of its own. */
const TOPIC_STEPS = 150;

/**
 * A trace as a model with popular experts and slowly changing text makes it: Zipf-like use by topic, with what the pass before used
 * likelier than the rest. Equal seeds give equal traces.
 */
export function syntheticTrace(model: SyntheticModel): RoutingTrace {
  const { layers, experts, expertsPerToken, expertBytes, steps, seed } = model;
  const shape = { layers, experts, expertsPerToken, expertBytes, predictions: false, skipped: 0 };
  const header = { release: `synthetic ${layers}x${experts} seed ${seed}`, ...shape };
  const size = recordBytes(header);
  const records = new Uint8Array(steps * size);
  const random = generator(seed);
  const weights = Array.from({ length: experts }, (_, rank) => 1 / (rank + 1) ** SKEW);
  const rankings = Array.from({ length: layers }, () => Array.from({ length: experts }, (_, i) => i));
  const before = Array.from({ length: layers }, () => new Set<number>());
  for (let step = 0; step < steps; step++) {
    records[step * size] = 1;
    for (let layer = 0; layer < layers; layer++) {
      if (step % TOPIC_STEPS === 0) shuffle(rankings[layer], random);
      const chosen = draw(rankings[layer], weights, before[layer], expertsPerToken, random);
      before[layer] = chosen;
      for (const expert of chosen) addToSet(records, step * size + setOffset(header, layer, 'used'), expert);
    }
  }
  return { header, steps, records };
}

/** Draws so many different experts by weight. */
function draw(
  ranking: readonly number[],
  weights: readonly number[],
  before: ReadonlySet<number>,
  count: number,
  random: () => number,
): Set<number> {
  const left = ranking.map((expert, rank) => weights[rank] * (before.has(expert) ? RECENT_BOOST : 1));
  let total = left.reduce((sum, weight) => sum + weight, 0);
  const chosen = new Set<number>();
  while (chosen.size < count) {
    let place = random() * total;
    let rank = 0;
    while (rank < left.length - 1 && (left[rank] === 0 || place >= left[rank])) place -= left[rank++];
    if (left[rank] === 0) rank = left.findIndex((weight) => weight > 0);
    chosen.add(ranking[rank]);
    total -= left[rank];
    left[rank] = 0;
  }
  return chosen;
}

/** Fisher-Yates. */
function shuffle(items: number[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** Numbers from 0 up to 1 by xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003). */
function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
