import { float, GEMM } from '../operations.js';
import type { Pieces } from '../pieces.js';
import type { Tape, Variable } from '../tape.js';

/** Rows whose logits are in memory at a time: 256 x 32,768 logits are 32 MiB. */
const CHUNK = 256;

/** What the loss is taken of. */
export interface Prediction {
  /** [rows][hidden] after the last norm. */
  readonly x: Variable;
  /** [vocabulary][hidden] */
  readonly head: Variable;
  /** i32 [rows]: the token that follows each row. */
  readonly targets: ArrayLike<number>;
  /** Factor on the gradient: 1 / (tokens of all the batches that one update is made from); 0 = no gradient is wanted. */
  readonly factor: number;
}

/**
 * Cross-entropy of every row, natural logarithm. Logits never exist for more than a chunk of rows, so their gradients are taken at
 * once: `backward` only passes on what is there. A chunk is a piece.
 */
export function* crossEntropy(tape: Tape, { x, head, targets, factor }: Prediction): Pieces<Float64Array> {
  const { kernel } = tape;
  const { rows: vocabulary, columns } = head;
  const losses = new Float64Array(x.rows);
  const learns = factor !== 0 && (x.needsGradient || head.needsGradient);
  const dx = learns && x.needsGradient ? tape.gradientOf(x) : 0;
  const dHead = learns && head.needsGradient ? tape.gradientOf(head) : 0;
  const mark = kernel.mark();
  const logits = kernel.allocate(Math.min(CHUNK, x.rows) * vocabulary * 4);
  const sums = kernel.allocate(CHUNK * 8);
  const wanted = kernel.placeWords(targets);
  for (let first = 0; first < x.rows; first += CHUNK) {
    const count = Math.min(CHUNK, x.rows - first);
    const source = x.address + first * columns * 4;
    kernel.execute(
      'gemm',
      ...[source, columns, head.address, columns, logits, vocabulary],
      ...[count, vocabulary, columns, GEMM.transposeB],
    );
    const target = wanted + first * 4;
    kernel.execute('crossEntropy', logits, count, vocabulary, target, sums, float(learns ? factor : 0));
    losses.set(kernel.doubles(sums, count), first);
    if (dx !== 0)
      kernel.execute(
        'gemm',
        ...[logits, vocabulary, head.address, columns, dx + first * columns * 4, columns],
        ...[count, columns, vocabulary, GEMM.accumulate],
      );
    if (dHead !== 0)
      kernel.execute(
        'gemm',
        ...[logits, vocabulary, source, columns, dHead, columns],
        ...[vocabulary, columns, count, GEMM.transposeA + GEMM.accumulate],
      );
    yield;
  }
  kernel.release(mark);
  return losses;
}

/** Some rows of x. */
export function takeRows(tape: Tape, x: Variable, rows: ArrayLike<number>): Variable {
  const { kernel } = tape;
  const indices = kernel.placeWords(rows);
  const y = tape.variable(rows.length, x.columns, x.needsGradient);
  kernel.execute('takeRows', x.address, y.address, indices, rows.length, x.columns);
  if (x.needsGradient)
    tape.record(() => {
      if (y.gradient === 0) return;
      kernel.execute('embedGradient', y.gradient, tape.gradientOf(x), indices, rows.length, x.columns);
    });
  return y;
}
