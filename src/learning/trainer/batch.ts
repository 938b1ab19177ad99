import type { TrainingKernel } from './training-kernel.js';

/** Token ids of one example, and from which of them on the next token is learnt. */
export interface TokenSequence {
  /** At least two; at most the model's context. */
  readonly ids: readonly number[];
  /** The first token that is asked for; at least 1. What comes before it is only read. */
  readonly firstTarget: number;
}

/** Sequences packed one after the other, in the kernel's memory: no padding. Their last tokens are only asked for, never read. */
export interface Batch {
  readonly rows: number;
  readonly sequences: number;
  /** The token of each row. */
  readonly tokens: readonly number[];
  /** i32 [rows] */
  readonly positions: number;
  /** i32 [sequences + 1]: first row of each sequence */
  readonly starts: number;
  /** i32 [rows] */
  readonly sequenceOfRow: number;
  /** Rows whose next token is asked for, ascending. */
  readonly asking: readonly number[];
  /** The token that follows each of them. */
  readonly targets: readonly number[];
}

/** Packs sequences into memory that the kernel gives back with the step. */
export function packBatch(kernel: TrainingKernel, sequences: readonly TokenSequence[]): Batch {
  const tokens: number[] = [];
  const positions: number[] = [];
  const starts: number[] = [0];
  const sequenceOfRow: number[] = [];
  const asking: number[] = [];
  const targets: number[] = [];
  sequences.forEach(({ ids, firstTarget }, sequence) => {
    for (let position = 0; position < ids.length - 1; position++) {
      if (position + 1 >= firstTarget) {
        asking.push(tokens.length);
        targets.push(ids[position + 1]);
      }
      tokens.push(ids[position]);
      positions.push(position);
      sequenceOfRow.push(sequence);
    }
    starts.push(tokens.length);
  });
  return {
    ...{ rows: tokens.length, sequences: sequences.length, tokens, asking, targets },
    positions: kernel.placeWords(positions),
    starts: kernel.placeWords(starts),
    sequenceOfRow: kernel.placeWords(sequenceOfRow),
  };
}
