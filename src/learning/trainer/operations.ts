/** Numbers of the training kernel's operations; assembly/operation.ts lists the same. */
export const OPERATION = {
  gemm: 1,
  norm: 2,
  normBackward: 3,
  normWeightGradient: 4,
  rotate: 5,
  attend: 6,
  attendBackward: 7,
  activate: 8,
  activateBackward: 9,
  route: 10,
  routeBackward: 11,
  gatherBackward: 13,
  combine: 14,
  combineBackward: 15,
  crossEntropy: 16,
  embedGradient: 17,
  add: 18,
  fill: 19,
  addBias: 20,
  biasGradient: 21,
  sumSquares: 22,
  adam: 23,
  takeRows: 24,
  sinkGradient: 25,
} as const;

/** What a matrix product does besides; to be added up. */
export const GEMM = { transposeA: 1, transposeB: 2, accumulate: 4 } as const;

/** A word of an operation that is a float32, not an integer. */
export interface Float {
  readonly float: number;
}

/** Marks a number as a float32. */
export function float(value: number): Float {
  return { float: value };
}
