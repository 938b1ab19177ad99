// The structures that host and kernel share. Every field is one 32-bit word, in this order; ../abi.ts lists the same
// names for the host. Pointers are byte offsets into the one linear memory.

/** Dimensions of a model and where its weights are. */
@unmanaged
export class Model {
  hiddenSize: i32; // D, multiple of 32
  layers: i32;
  experts: i32; // E
  expertsPerToken: i32; // K
  expertHiddenSize: i32; // F, multiple of 32
  heads: i32; // H
  kvHeads: i32; // G, divides H
  headDim: i32; // multiple of 16
  vocabSize: i32; // V
  attentionWidth: i32; // A = heads * headDim, padded to 32
  rmsEpsilon: f32;
  ropeTheta: f32;
  frequencies: usize; // f64 [headDim / 2 + 1]: the last one is the factor on cosines and sines
  embeddingKind: i32;
  embeddingData: usize; // [V][D]
  embeddingScales: usize; // f32 [V][D / 32] for int8
  headNorm: usize; // f32 [D]
  headData: usize; // [V][D] tile16
  headKind: i32;
  layerTable: usize; // Layer [layers]
  queryKeyNorm: i32; // 0 none, 1 every head by itself, 2 all heads of a token together
  routerSoftmax: i32; // over 0 the chosen experts, 1 all experts
  activation: i32; // 0 SwiGLU, 1 clamped SwiGLU
  activationAlpha: f32;
  activationLimit: f32;
}

/** Dense weights of one layer. A pointer of 0 means that the model has no such part. */
@unmanaged
export class Layer {
  inputNorm: usize; // f32 [D]
  queryData: usize; // [H * headDim][D] tile16
  queryKind: i32;
  keyData: usize; // [G * headDim][D] tile16
  keyKind: i32;
  valueData: usize; // [G * headDim][D] tile16
  valueKind: i32;
  outputData: usize; // [D][A] tile16
  outputKind: i32;
  routerNorm: usize; // f32 [D]
  router: usize; // f32 [E][D] row-major
  queryBias: usize; // f32 [H * headDim]
  keyBias: usize; // f32 [G * headDim]
  valueBias: usize; // f32 [G * headDim]
  outputBias: usize; // f32 [D]
  queryNorm: usize; // f32 [headDim] or [H * headDim], as Model.queryKeyNorm says
  keyNorm: usize; // f32 [headDim] or [G * headDim]
  sinks: usize; // f32 [H]
  window: i32; // positions that a token sees, its own included; 0 = all
  routerBias: usize; // f32 [E]
}

/** Weights of one expert that is in memory; biases of 0 are absent. */
@unmanaged
export class Expert {
  gateData: usize; // [F][D] tile16
  gateKind: i32;
  upData: usize; // [F][D] tile16
  upKind: i32;
  downData: usize; // [D][F] tile16
  downKind: i32;
  gateBias: usize; // f32 [F]
  upBias: usize; // f32 [F]
  downBias: usize; // f32 [D]
}

/** One token of one sequence in the batch. */
@unmanaged
export class Row {
  token: i32;
  position: i32;
  pages: usize; // u32 [ceil(positions / 32)]: the KV pages of its sequence
  experts: i32; // for the host: not read by the kernel
}

/** The rows that go through one expert. */
@unmanaged
export class Group {
  expert: usize; // Expert
  start: i32; // first entry in Run.order
  count: i32;
}

/**
 * What a step works on. An activation record of n columns is n float32, n int16 (the same quantised), and n / 32 float32 scales
 * and n / 32 int32, each -8 times the sum of 32 integers; float and integer matrices read from one place.
 */
@unmanaged
export class Run {
  rows: i32; // R <= maxRows
  rowTable: usize; // Row [maxRows]
  logitRows: i32;
  logitTable: usize; // i32 [maxLogitRows]: rows whose logits are wanted
  groups: i32;
  groupTable: usize; // Group [E]
  order: usize; // i32 [maxRows * K]: row * K + rank, grouped by expert
  combine: i32; // 1 = after these groups all outputs of the layer are there
  residual: usize; // f32 [maxRows][D]
  norm: usize; // activation record [maxRows] of D columns
  query: usize; // f32 [maxRows][A]
  keyValue: usize; // f32 [maxRows][2 * G * headDim]
  attention: usize; // activation record [maxRows] of A columns
  rope: usize; // f32 [maxRows][headDim]: headDim / 2 cosines, then as many sines
  route: usize; // {i32 expert, f32 weight} [maxRows][K], best first
  hidden: usize; // activation record [maxRows * K] of F columns
  up: usize; // f32 [maxRows * K][F]
  down: usize; // f32 [maxRows * K][D]
  logits: usize; // f32 [maxLogitRows][V padded to 16]
  scratch: usize; // [threads]: scores or lists
  scratchBytes: i32;
  widened: i32; // where the room for a row of tiles begins in a thread's scratch
  ends: i32; // the first rows, <= R: of others nothing is wanted in this layer but their keys and values
}

/** Element kinds of a matrix. */
export const KIND_INT8 = 1;
export const KIND_F32 = 2;
export const KIND_F16 = 3;
export const KIND_INT4 = 4;
/** int8 whose scales are kept in 16 bits, as `arrange` leaves it. */
export const KIND_INT8_SHORT = 5;

/** Bytes of an activation record. */
// @ts-ignore: decorator
@inline
export function recordBytes(columns: i32): usize {
  return <usize>columns * 6 + (<usize>columns >> 2);
}

/** `Model.queryKeyNorm`: every head by itself, or all heads of a token together. */
export const NORM_HEAD = 1;
export const NORM_WIDTH = 2;

/** The i-th row of the batch. */
// @ts-ignore: decorator
@inline
export function rowAt(run: Run, index: i32): Row {
  return changetype<Row>(run.rowTable + <usize>index * offsetof<Row>());
}

/** The i-th group of the batch. */
// @ts-ignore: decorator
@inline
export function groupAt(run: Run, index: i32): Group {
  return changetype<Group>(run.groupTable + <usize>index * offsetof<Group>());
}

/** The i-th layer of the model. */
// @ts-ignore: decorator
@inline
export function layerAt(model: Model, index: i32): Layer {
  return changetype<Layer>(model.layerTable + <usize>index * offsetof<Layer>());
}
