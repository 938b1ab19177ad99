import type { Batch } from '../batch.js';
import type { Tape, Variable } from '../tape.js';

/** Shape of the attention of one layer. */
export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Positions that a token sees, its own included; 0 = all. */
  readonly window: number;
  /** [1][heads], where the model has them. */
  readonly sinks?: Variable;
}

/** Turns all heads of x in place by their positions. @param table f32 [positions][headDim] */
export function rotate(tape: Tape, x: Variable, batch: Batch, headDim: number, table: number): void {
  const heads = x.columns / headDim;
  const turn = (address: number, back: number) =>
    tape.kernel.execute('rotate', address, x.rows, heads, headDim, batch.positions, table, back);
  turn(x.address, 0);
  if (x.needsGradient)
    tape.record(() => {
      if (x.gradient !== 0) turn(x.gradient, 1);
    });
}

/** Causal grouped-query attention within every sequence of the batch. */
export function attend(
  tape: Tape,
  { query, key, value }: { query: Variable; key: Variable; value: Variable },
  batch: Batch,
  shape: AttentionShape,
): Variable {
  const { kernel } = tape;
  const { heads, kvHeads, headDim, window, sinks } = shape;
  const needsGradient = [query, key, value, sinks].some((part) => part?.needsGradient);
  const output = tape.variable(query.rows, query.columns, needsGradient);
  const statistics = kernel.allocate(query.rows * heads * 8);
  const words = [
    ...[query.address, key.address, value.address, output.address, statistics],
    ...[batch.starts, batch.sequences, heads, kvHeads, headDim, window, sinks?.address ?? 0],
    ...[batch.sequenceOfRow, query.rows],
  ];
  kernel.execute('attend', ...words);
  if (!needsGradient) return output;
  tape.record(() => {
    if (output.gradient === 0) return;
    const gradients = [query, key, value].map((part) => tape.gradientOf(part));
    kernel.execute('attendBackward', ...words, output.gradient, ...gradients);
    if (sinks?.needsGradient)
      kernel.execute('sinkGradient', ...words, output.gradient, tape.gradientOf(sinks));
  });
  return output;
}
