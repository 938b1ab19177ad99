import { cosine } from '../checks/similarity.js';
import type { Updates } from '../consensus/aggregator.js';

/** What one update has given to the aggregate. Members are named as in JSON. */
export interface UpdatePart {
  /** Its projection on the aggregate, as a multiple of the aggregate's length: u·a / |a|². */
  readonly projection: number;
  /** Whether the aggregator has left it out. */
  readonly left_out: boolean;
  /** Updates that share one share with it as near-copies, itself among them; 0 where it earns nothing. */
  readonly alike: number;
  /** What it counts for, in millionths. */
  readonly weight: number;
}

/**
 * Cosine from which two updates are near-copies: high, so that honest members who found much the same are not taken for one. Who adds
 * noise to a copy stays below it; that such copies bring nothing more is up to the aggregator and to who may take part.
 */
export const NEAR_COPY = 0.999;

/** A whole part, in millionths. */
export const WHOLE_PART = 1_000_000;

/**
 * What every update counts for: its projection on the aggregate, from 0 to 1, so that what is tiny counts for as little as it has given, and
 * what was left out for nothing. Near-copies (and near-copies of these) have the part of the largest of them together, split by their own:
 * sending one update under several names brings no more than sending it once, and a tiny copy takes next to nothing from its original.
 * @param used whether each of them is in the aggregate at all
 */
export function partsOf(updates: Updates, whole: Float32Array, used: readonly boolean[]): UpdatePart[] {
  const squared = product(whole, whole);
  const projections = updates.map((update) => (squared > 0 ? product(update, whole) / squared : 0));
  const parts = projections.map((projection, i) => (used[i] ? Math.max(0, Math.min(1, projection)) : 0));
  const groups = groupsOf(updates, parts);
  return updates.map((_, i) => {
    const alike = groups[i] === null ? [] : parts.filter((_part, j) => groups[j] === groups[i]);
    const share = alike.length < 2 ? 1 : Math.max(...alike) / alike.reduce((sum, part) => sum + part, 0);
    return {
      ...{ projection: projections[i], left_out: !used[i], alike: alike.length },
      weight: Math.floor(parts[i] * share * WHOLE_PART),
    };
  });
}

/** The group of every update that has a part: near-copies are in one; null for the others. */
function groupsOf(updates: Updates, parts: readonly number[]): (number | null)[] {
  const groups = parts.map((part, i) => (part > 0 ? i : null));
  for (const [i, update] of updates.entries()) {
    for (let j = 0; j < i; j++) {
      const [mine, theirs] = [groups[i], groups[j]];
      if (mine === null || theirs === null || mine === theirs) continue;
      if (cosine(update, updates[j]) < NEAR_COPY) continue;
      for (const [k, group] of groups.entries()) if (group === mine) groups[k] = theirs;
    }
  }
  return groups;
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
