import type { Sha256 } from '../../common/index.js';
import { ExampleOrder } from '../trainer/example-order.js';
import { rangesOf, type SealedCommitment } from './sealed-set.js';

/** Examples that were drawn from each domain, in the order they were drawn. */
export type DrawnIndexes = Readonly<Record<string, readonly number[]>>;

/** An example that the beacon named and that nobody is judged by, with the reason. Members are named as in JSON. */
export interface SkippedExample {
  readonly index: number;
  /** Where the same document stands: the id of an approved dataset, the root of a set that it was opened from, or `training`. */
  readonly in: string;
}

/** What a beacon names of a set. */
export interface BeaconDraw {
  readonly drawn: DrawnIndexes;
  readonly skipped: readonly SkippedExample[];
}

/** What decides beside the beacon. */
export interface DrawState {
  /** Whether an example was drawn or skipped before. */
  readonly isUsed: (index: number) => boolean;
  /** Where the document of an example is known from; null where it is from nowhere. */
  readonly knownFrom: (index: number) => string | null;
}

/**
 * The examples that a beacon names: of each domain, the first ones in the order of epoch 0 of the permutation
 * (docs/formats/training-manifest.md) with the seed `<beacon>/sealed/<root>/<domain>` that are neither used up nor known. A domain in
 * which there are too few gets none.
 * @param beacon root of the log that was not known when the candidate was, 64 hex digits
 * @param names domains that are drawn from, `draws` examples each
 */
export function drawSealed(
  commitment: SealedCommitment,
  beacon: string,
  names: readonly string[],
  { isUsed, knownFrom }: DrawState,
  sha256: Sha256,
): BeaconDraw {
  const ranges = rangesOf(commitment);
  const drawn: Record<string, number[]> = {};
  const skipped: SkippedExample[] = [];
  for (const name of [...names].sort()) {
    const [from, to] = ranges.get(name) ?? [0, 0];
    if (to === from) continue;
    const order = new ExampleOrder(`${beacon}/sealed/${commitment.root}/${name}`, to - from, sha256);
    const found: number[] = [];
    const passed: SkippedExample[] = [];
    for (let place = 0; place < to - from && found.length < commitment.draws; place++) {
      const index = from + order.at(place);
      if (isUsed(index)) continue;
      const known = knownFrom(index);
      if (known === null) found.push(index);
      else passed.push({ index, in: known });
    }
    if (found.length < commitment.draws) continue;
    drawn[name] = found;
    skipped.push(...passed);
  }
  return { drawn, skipped };
}

/** What was drawn from each domain in all draws together. A domain may have the name of what every object has, such as `constructor`. */
export function joinedDraws(
  draws: readonly { readonly drawn: DrawnIndexes }[],
): Record<string, readonly number[]> {
  const all = new Map<string, readonly number[]>();
  for (const { drawn } of draws)
    for (const [name, indexes] of Object.entries(drawn))
      all.set(name, [...(all.get(name) ?? []), ...indexes]);
  return Object.fromEntries(all);
}

/** How many examples of each domain are not used up. @param used each of them once */
export function leftOf(commitment: SealedCommitment, used: Iterable<number>): Record<string, number> {
  const ranges = rangesOf(commitment);
  const left = Object.fromEntries([...ranges].map(([name, [from, to]]) => [name, to - from]));
  for (const index of new Set(used))
    for (const [name, [from, to]] of ranges) if (index >= from && index < to) left[name]--;
  return left;
}
