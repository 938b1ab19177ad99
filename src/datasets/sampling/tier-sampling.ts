import { Random } from '../generators/index.js';
import { TIERS, type DatasetTier } from '../registry/stages.js';

/** An approved dataset as sampling sees it. */
export interface SampledSet {
  readonly id: string;
  readonly tier: DatasetTier;
  /** At least 1. */
  readonly documents: number;
}

/** A document that was drawn: the set, and its place in it from 0. */
export interface Draw {
  readonly set: string;
  readonly document: number;
}

/**
 * How documents are drawn: `gold` from gold sets alone; `balanced` 60 % from gold, 30 % from silver, 10 % from experimental
 * sets, in proportion where a tier has none; `diverse` as many from every set, whatever its size and tier.
 */
export const SAMPLINGS = ['gold', 'balanced', 'diverse'] as const;

/** One of `SAMPLINGS`. */
export type Sampling = (typeof SAMPLINGS)[number];

const PERCENT: Readonly<Record<DatasetTier, number>> = { gold: 60, silver: 30, experimental: 10 };

/**
 * Endless draws. The same seed and sets give the same draws on every machine, in whatever order the sets are given. No
 * document is drawn again before all of its set have been. Ends at once where no set may be drawn from.
 */
export function* drawByTier(
  seed: string,
  sampling: Sampling,
  sets: readonly SampledSet[],
): Generator<Draw, void> {
  const sorted = sets.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const usable = sampling === 'gold' ? sorted.filter(({ tier }) => tier === 'gold') : sorted;
  if (usable.length === 0) return;
  const random = new Random(`${seed}/${sampling}`);
  const orders = new Map(usable.map((set) => [set.id, placesOf(`${seed}/${set.id}`, set.documents)]));
  for (;;) {
    const { id } = chosenSet(random, sampling, usable);
    yield { set: id, document: orders.get(id)!.next().value as number };
  }
}

function chosenSet(random: Random, sampling: Sampling, sets: readonly SampledSet[]): SampledSet {
  if (sampling === 'diverse') return random.pick(sets);
  const tiers = TIERS.filter((tier) => sets.some((set) => set.tier === tier));
  const tier = weighted(random, tiers, (each) => PERCENT[each]);
  const inTier = sets.filter((set) => set.tier === tier);
  return weighted(random, inTier, ({ documents }) => documents);
}

function weighted<T>(random: Random, items: readonly T[], weight: (item: T) => number): T {
  let left = random.int(0, items.reduce((sum, item) => sum + weight(item), 0) - 1);
  for (const item of items) {
    left -= weight(item);
    if (left < 0) return item;
  }
  return items[items.length - 1];
}

/** All places of a set in an order of its own, again and again: steps of a length that shares no factor with the number. */
function* placesOf(seed: string, count: number): Generator<number, never> {
  const random = new Random(seed);
  let place = random.int(0, count - 1);
  let step = random.int(1, Math.max(1, count - 1));
  while (greatestCommonDivisor(step, count) !== 1) step = (step % count) + 1;
  for (;;) {
    yield place;
    place = (place + step) % count;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
