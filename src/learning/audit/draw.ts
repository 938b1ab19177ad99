import type { Sha256 } from '../../common/index.js';
import { ExampleOrder } from '../trainer/example-order.js';
import type { StatedUpdate } from './audit-facts.js';

/**
 * The updates that are audited, ascending: the first `count` places of epoch 0 of the permutation of all updates
 * (docs/formats/training-manifest.md) with the seed `<beacon>/audit`; all of them where there are no more.
 * @param beacon root of the log that was not known when the manifest was, 64 hex digits
 */
export function drawUpdates(beacon: string, steps: number, count: number, sha256: Sha256): number[] {
  if (steps === 0) return [];
  const order = new ExampleOrder(`${beacon}/audit`, steps, sha256);
  const drawn = Array.from({ length: Math.min(count, steps) }, (_, place) => order.at(place));
  return drawn.sort((a, b) => a - b);
}

/**
 * How likely one of `drawn` updates is a forged one where a share `forged` of all is: 1 - (1 - f)^k. Updates are drawn without being put
 * back, so the odds are at least that.
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
