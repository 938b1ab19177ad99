import type { CodedError } from '../../common/index.js';
import type { Share } from './batch-plan.js';
import type { BatchRow } from './pass.js';

/** Rows of one sequence in a batch. */
export interface RunningShare extends Share {
  readonly rows: readonly BatchRow[];
}

/** Where a sequence's rows and logits begin in a batch that was computed. */
export interface BatchPlace {
  readonly row: number;
  readonly logitRow: number;
  readonly failures: ReadonlyMap<number, CodedError>;
}

/** What a batch did for a sequence. */
export interface Taken {
  /** Positions that are computed now. */
  readonly computed: number;
  readonly error?: CodedError;
  /** Whether its task is done. */
  readonly complete: boolean;
}

/** Hands a sequence its rows; after a failed one nothing more. */
export function take({ sequence, count }: RunningShare, place: BatchPlace): Taken {
  const { task, computed } = sequence;
  let { logitRow } = place;
  let [error, complete]: [CodedError | undefined, boolean] = [undefined, false];
  for (let i = 0; i < count; i++) {
    const row = place.row + i;
    error ??= place.failures.get(row);
    const position = computed + i;
    if (!error) task.computed?.(position, row);
    if (!task.wantsLogits(position)) continue;
    if (!error) complete = give(sequence, position, row, logitRow);
    logitRow++;
  }
  return { computed: count, error, complete };
}

/**
 * Hands a sequence the row of its last id, then those of guessed ids as long as each guess is the token that was chosen. The rest was
 * computed for nothing: it is not counted, its keys and values are overwritten, and a failure of it is none.
 */
export function acceptDraft(share: RunningShare, { row, logitRow, failures }: BatchPlace): Taken {
  const { sequence, draft = [], rows } = share;
  const { task, model, table, computed: first } = sequence;
  const failed = failures.get(row);
  let [computed, complete] = [1, false];
  if (!failed) {
    complete = give(sequence, first, row, logitRow);
    while (!complete && computed < rows.length && task.ids[first + computed] === draft[computed - 1]) {
      if (failures.has(row + computed)) break;
      table.count(first + computed, rows[computed].usage);
      complete = give(sequence, first + computed, row + computed, logitRow + computed);
      computed++;
    }
  }
  for (const { usage } of rows.slice(computed)) usage.forEach((tokens, i) => (model.uses[i] -= tokens));
  if (!failed) sequence.speculation?.verified(draft.length, computed - 1, task.ids.length);
  return { computed, error: failed, complete };
}

/** Hands a sequence the logits of a position; true = its task is complete. */
function give(
  { task, model: { run } }: RunningShare['sequence'],
  position: number,
  row: number,
  logitRow: number,
): boolean {
  const facts = { greatest: run.greatest[logitRow], route: () => run.routeOf(row) };
  return task.take(position, run.logits(logitRow), facts);
}
