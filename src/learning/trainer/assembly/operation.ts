// One operation of the tape, as the host writes it: 24 words of 32 bits. Pointers are byte offsets into the one linear memory.
// ../operations.ts lists the same numbers for the host.

export const GEMM = 1;
export const NORM = 2;
export const NORM_BACKWARD = 3;
export const NORM_WEIGHT_GRADIENT = 4;
export const ROTATE = 5;
export const ATTEND = 6;
export const ATTEND_BACKWARD = 7;
export const ACTIVATE = 8;
export const ACTIVATE_BACKWARD = 9;
export const ROUTE = 10;
export const ROUTE_BACKWARD = 11;
export const GATHER_BACKWARD = 13;
export const COMBINE = 14;
export const COMBINE_BACKWARD = 15;
export const CROSS_ENTROPY = 16;
export const EMBED_GRADIENT = 17;
export const ADD = 18;
export const FILL = 19;
export const ADD_BIAS = 20;
export const BIAS_GRADIENT = 21;
export const SUM_SQUARES = 22;
export const ADAM = 23;
export const TAKE_ROWS = 24;
export const SINK_GRADIENT = 25;

/** The i-th word of an operation as an integer or an address. */
// @ts-ignore: decorator
@inline
export function word(operation: usize, i: i32): i32 {
  return load<i32>(operation + (<usize>i << 2));
}

/** The i-th word as a float32. */
// @ts-ignore: decorator
@inline
export function number(operation: usize, i: i32): f32 {
  return load<f32>(operation + (<usize>i << 2));
}

/** The address of row `i` of a matrix with so many float32 columns. */
// @ts-ignore: decorator
@inline
export function rowOf(matrix: usize, i: i32, columns: i32): usize {
  return matrix + <usize>i * <usize>columns * 4;
}
