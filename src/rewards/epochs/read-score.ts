import { isHash } from '../../common/index.js';
import type { CountedScore, EpochRange } from './epoch-input.js';
import { payerOf, SCORE_ENTRY } from './leaf-kinds.js';
import { leafAt, type BundleSource, type NumberedLeaf } from './log-leaves.js';
import { isScore, scoreCommitment } from './score.js';

/** Scores of older answers do not count: names of payers change every day, and one account must not be many payers. */
const SCORED_WITHIN_MS = 86_400_000;

/** A score, and the hash of the receipt it is about. */
export interface RevealedScore extends Omit<CountedScore, 'parts'> {
  readonly receiptHash: string;
}

/**
 * The score that a leaf reveals: null unless whoever asked for the answer committed to it before the epoch, so that nobody could
 * know what others say in it.
 */
export async function readScore(
  leaf: NumberedLeaf,
  bundles: BundleSource,
  { first, end }: EpochRange,
): Promise<RevealedScore | null> {
  const { subject: receipt, actor: payer, data } = leaf;
  const { answer, commit, salt, score } = data;
  if (!isPlace(answer, leaf.index) || !isPlace(commit, first) || !isHash(salt) || !isScore(score))
    return null;
  if (scoreCommitment({ receipt, salt, score }) !== leaf.hash) return null;
  const [asked, committed] = [await leafAt(bundles, answer, end), await leafAt(bundles, commit, end)];
  const sameAnswer = asked.subject === receipt && payerOf(asked) === payer;
  const sameScore =
    committed.kind === SCORE_ENTRY &&
    committed.subject === receipt &&
    committed.actor === payer &&
    committed.hash === leaf.hash;
  const isRecent = leaf.time - asked.time <= SCORED_WITHIN_MS;
  if (!sameAnswer || !sameScore || !isRecent) return null;
  return { leaf: leaf.index, receipt, payer, score, receiptHash: asked.hash };
}

function isPlace(value: unknown, before: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < before;
}
