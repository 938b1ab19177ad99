import { bytesToHex, canonicalJson, type Json } from '../../common/index.js';
import { COMMITMENT_INTERVAL } from '../commitment/index.js';
import type { Statement } from './witness.js';

/** The first part of the question in which two statements differ; null when both answered the same. */
export function differentQuestion(a: Statement, b: Statement): string | null {
  if (a.release !== b.release) return 'release';
  if (a.kernelHash !== b.kernelHash) return 'kernel';
  if (a.promptIds.join() !== b.promptIds.join()) return 'prompt';
  if (a.sampling.seed !== b.sampling.seed) return 'seed';
  const parameters = ({ sampling }: Statement) => canonicalJson({ ...sampling } as unknown as Json);
  return parameters(a) === parameters(b) ? null : 'parameters';
}

/** Tokens `first` to `end` in which two answers to one question part. */
export interface TokenWindow {
  readonly first: number;
  readonly end: number;
}

/**
 * The first window whose commitments or tokens differ, within the tokens that both have; null when none does. With different salts
 * commitments say nothing of each other, and the window is all tokens. Tokens count by themselves: a side may state others than
 * those it has committed to.
 */
export function differentWindow(a: Statement, b: Statement): TokenWindow | null {
  const common = Math.min(a.outputIds.length, b.outputIds.length);
  if (bytesToHex(a.salt) !== bytesToHex(b.salt)) return common === 0 ? null : { first: 0, end: common };
  for (let first = 0; first < common; first += COMMITMENT_INTERVAL) {
    const end = Math.min(first + COMMITMENT_INTERVAL, common);
    const window = first / COMMITMENT_INTERVAL;
    const [one, other] = [a.commitments[window], b.commitments[window]];
    const tokens = ({ outputIds }: Statement) => outputIds.slice(first, end).join();
    if (one === undefined || other === undefined || bytesToHex(one) !== bytesToHex(other))
      return { first, end };
    if (tokens(a) !== tokens(b)) return { first, end };
  }
  return null;
}
