import { MAX_LOGIT_ROWS } from './run-state.js';
import type { Sequence } from './scheduler.js';

/** Every so many batches, prompts of the lower class come first. */
const LEARNING_TURN = 8;

/** Rows of a batch for one sequence. */
export interface Share {
  readonly sequence: Sequence;
  readonly count: number;
  /** Ids guessed to follow the last known one; they have rows behind it, which count only as far as they are right. */
  readonly draft?: readonly number[];
}

/** Sequences that wait for a token, at most, for which it still pays to verify guesses: each takes rows of its own. */
const MOST_DRAFTING = 2;

/**
 * Who gets rows of a batch: every sequence that waits for one token, then prompts, as many rows as are left, beginning with another
 * one each time; prompts of class `learning` after the others, but for every eighth batch. Where there are both classes, each counts
 * only the batches that it is first in: whose turn it is does not depend on how many prompts there are.
 * @param rowsFor rows that the batch may have, given how many sequences wait for a token
 */
export function planBatch(
  sequences: readonly Sequence[],
  turn: number,
  rowsFor: (decoding: number) => number,
): Share[] {
  const decoding = sequences.filter((sequence) => missing(sequence) === 1).slice(0, MAX_LOGIT_ROWS);
  const shares: Share[] = decoding.map((sequence) => ({ sequence, count: 1 }));
  let rows = rowsFor(decoding.length) - shares.length;
  let logitRows = MAX_LOGIT_ROWS - shares.length;
  const prompts = sequences.filter((sequence) => missing(sequence) > 1);
  for (const sequence of inTurn(prompts, turn)) {
    if (rows <= 0) break;
    const [count, wanted] = chunk(sequence, Math.min(rows, missing(sequence)), logitRows);
    if (count === 0) continue;
    shares.push({ sequence, count });
    rows -= count;
    logitRows -= wanted;
  }
  return shares;
}

/** Adds guesses to a batch of few sequences that all wait for one token. */
export function withDrafts(shares: readonly Share[], mostRows: number): Share[] {
  const few = shares.length <= MOST_DRAFTING && shares.every(({ sequence }) => missing(sequence) === 1);
  if (!few) return [...shares];
  const room = Math.floor(Math.min(mostRows, MAX_LOGIT_ROWS) / shares.length) - 1;
  return shares.map((share) => {
    const { task, speculation, computed } = share.sequence;
    const draft = speculation?.draft(task.ids, Math.min(room, task.positions - computed - 1)) ?? [];
    return draft.length === 0 ? share : { ...share, count: 1 + draft.length, draft };
  });
}

/** Known ids that have not been computed. */
export function missing(sequence: Sequence): number {
  return sequence.task.ids.length - sequence.computed;
}

function inTurn(prompts: readonly Sequence[], turn: number): Sequence[] {
  const learning = prompts.filter(({ priority }) => priority === 'learning');
  const answers = prompts.filter(({ priority }) => priority !== 'learning');
  if (learning.length === 0 || answers.length === 0) return rotated(prompts, turn);
  const learningTurns = Math.floor(turn / LEARNING_TURN);
  const turned = [rotated(answers, turn - learningTurns), rotated(learning, learningTurns)];
  return (turn % LEARNING_TURN === 0 ? turned.reverse() : turned).flat();
}

function rotated(prompts: readonly Sequence[], by: number): Sequence[] {
  const first = prompts.length === 0 ? 0 : by % prompts.length;
  return [...prompts.slice(first), ...prompts.slice(0, first)];
}

/** The longest run of positions, at most `most`, that asks for at most `logitRows` logits; and how many it asks for. */
function chunk(sequence: Sequence, most: number, logitRows: number): [count: number, wanted: number] {
  let wanted = 0;
  for (let count = 0; count < most; count++) {
    if (!sequence.task.wantsLogits(sequence.computed + count)) continue;
    if (wanted === logitRows) return [count, wanted];
    wanted++;
  }
  return [most, wanted];
}
