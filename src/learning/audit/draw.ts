import type { Sha256 } from '../../common/index.js';
import { ExampleOrder } from '../trainer/example-order.js';
import type { StatedUpdate } from './audit-facts.js';

/** The first and the last update, which every audit makes again. */
const ENDS = 2;

/**
 * The updates that are audited, ascending: the first and the last, in which somebody would exchange the weights who neither trained
 * before nor after, and `count` of those between them: the first places of epoch 0 of their permutation (docs/formats/training-manifest.md)
 * with the seed `<beacon>/audit`; all of them where there are no more.
 * @param beacon root of the log that was not known when the manifest was, 64 hex digits
 */
export function drawUpdates(beacon: string, steps: number, count: number, sha256: Sha256): number[] {
  const between = steps - ENDS;
  if (between <= 0) return Array.from({ length: steps }, (_, step) => step);
  const order = new ExampleOrder(`${beacon}/audit`, between, sha256);
  const drawn = Array.from({ length: Math.min(count, between) }, (_, place) => order.at(place) + 1);
  return [0, ...drawn.sort((a, b) => a - b), steps - 1];
}

/** How many of so many audited updates were drawn by chance. */
export function drawnByChance(audited: number): number {
  return Math.max(0, audited - ENDS);
}

/**
 * How likely one of `drawn` updates is a forged one where a share `forged` of all is: 1 - (1 - f)^k. Updates are drawn without being put
 * back, and the first and the last are always looked at, so the odds are at least that.
 */
export function detectionOdds(forged: number, drawn: number): number {
  let missed = 1;
  for (let i = 0; i < drawn; i++) missed *= 1 - forged;
  return 1 - missed;
}

/** Tokens of the drawn updates as a share of those of all: what an audit costs beside the training. */
export function auditShare(steps: readonly StatedUpdate[], drawn: readonly number[]): number {
  const all = steps.reduce((sum, { tokens }) => sum + tokens, 0);
  return all === 0 ? 0 : drawn.reduce((sum, step) => sum + steps[step].tokens, 0) / all;
}
