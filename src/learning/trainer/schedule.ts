import { cosine } from '../../common/mathematics.js';

/** How the learning rate goes up and down over a training. */
export interface Schedule {
  readonly peak: number;
  /** Share of the peak that is left at the end. */
  readonly floor: number;
  /** Steps in which it rises from nothing. */
  readonly warmUp: number;
  /** Steps after which it stays at the floor. */
  readonly steps: number;
}

/** The rate of a step, counted from 0: linear warm-up, then half a cosine (Loshchilov and Hutter 2017). */
export function learningRate({ peak, floor, warmUp, steps }: Schedule, step: number): number {
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const share = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
  return peak * (floor + (1 - floor) * 0.5 * (1 + cosine(share)));
}
