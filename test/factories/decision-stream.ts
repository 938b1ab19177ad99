import { unwrap } from '../../src/common/index.js';
import { FEATURE_MODELS, rawConfidence, type DecisionType, type Features } from '../../src/decision/index.js';

/** A decision of a simulated server: what was measured, what the model said, and what came of it. */
export interface SimulatedDecision {
  readonly type: DecisionType;
  readonly features: Features;
  readonly raw: number;
  readonly success: boolean;
}

/** How often each type is decided; a server heals and resizes itself more often than it deploys. */
const SHARES: readonly (readonly [DecisionType, number])[] = [
  ['healing', 0.35],
  ['scaling', 0.3],
  ['monitoring', 0.2],
  ['deployment', 0.1],
  ['rollback', 0.05],
];

/** What actions of a type are really worth; the server does not know it. */
interface Truth {
  readonly least: number;
  readonly most: number;
  readonly curve: number;
  /** Change of the rate from first to last decision. */
  readonly drift: number;
}

/** Numbers from 0 to 1, the same for a seed everywhere (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Decisions of five types whose real success is another function of their features than the models', different for each type,
 * noisy, and drifting by up to a quarter while they are taken.
 */
export function decisionStream(seed: number, count: number): readonly SimulatedDecision[] {
  const random = seededRandom(seed);
  const truths = new Map(SHARES.map(([type]) => [type, truthOf(random)]));
  return Array.from({ length: count }, (_, i) => {
    const type = typeAt(random());
    const strength = random();
    const features = featuresOf(type, strength, random);
    const { least, most, curve, drift } = truths.get(type)!;
    const rate = least + (most - least) * strength ** curve + drift * (i / count - 0.5);
    const success = random() < Math.min(0.98, Math.max(0.02, rate));
    const raw = unwrap(rawConfidence(FEATURE_MODELS[type], features)).value;
    return { type, features, raw, success };
  });
}

function truthOf(random: () => number): Truth {
  return {
    ...{ curve: 0.5 + 2.5 * random(), least: 0.3 * random() },
    ...{ most: 0.7 + 0.3 * random(), drift: (random() - 0.5) / 2 },
  };
}

function typeAt(place: number): DecisionType {
  let from = 0;
  for (const [type, share] of SHARES) if (place < (from += share)) return type;
  return 'healing';
}

function featuresOf(type: DecisionType, strength: number, random: () => number): Features {
  return Object.fromEntries(
    FEATURE_MODELS[type].features.map(({ name, weight }) => {
      const value = Math.min(1, Math.max(0, strength + (random() - 0.5) * 0.4));
      return [name, weight > 0 ? value : 1 - value];
    }),
  );
}
