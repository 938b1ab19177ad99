// What host and kernel agree on: the same names, in the same order, as the structures in assembly/state.ts. One word (32
// bits) each; numbers are written as unsigned integers unless listed as float.

/** Commands of the kernel's entry, `carryOut`. */
export const COMMAND = { embed: 1, attend: 2, experts: 3, logits: 4, stop: 5 } as const;

/** Bytes of the control block, and where in it the host writes the number of threads. */
export const CONTROL_BYTES = 384;
/** Byte offset of the thread count in the control block. */
export const CONTROL_THREADS = 20;
/** Element kinds of a matrix; `int8Short` is what `arrange` makes of 8-bit matrices whose scales fit into 16 bits. */
export const KIND = { int8: 1, f32: 2, f16: 3, int4: 4, int8Short: 5 } as const;

/** Positions held by one KV page. */
export const PAGE_POSITIONS = 32;

/** Words of `Model`. */
export const MODEL_FIELDS = [
  'hiddenSize',
  'layers',
  'experts',
  'expertsPerToken',
  'expertHiddenSize',
  'heads',
  'kvHeads',
  'headDim',
  'vocabSize',
  'attentionWidth',
  'rmsEpsilon',
  'ropeTheta',
  'frequencies',
  'embeddingKind',
  'embeddingData',
  'embeddingScales',
  'headNorm',
  'headData',
  'headKind',
  'layerTable',
  'queryKeyNorm',
  'routerSoftmax',
  'activation',
  'activationAlpha',
  'activationLimit',
] as const;

/** Words of `Layer`. */
export const LAYER_FIELDS = [
  'inputNorm',
  'queryData',
  'queryKind',
  'keyData',
  'keyKind',
  'valueData',
  'valueKind',
  'outputData',
  'outputKind',
  'routerNorm',
  'router',
  'queryBias',
  'keyBias',
  'valueBias',
  'outputBias',
  'queryNorm',
  'keyNorm',
  'sinks',
  'window',
  'routerBias',
] as const;

/** Words of `Expert`. */
export const EXPERT_FIELDS = [
  'gateData',
  'gateKind',
  'upData',
  'upKind',
  'downData',
  'downKind',
  'gateBias',
  'upBias',
  'downBias',
] as const;

/** Words of `Row`. */
export const ROW_WORDS = 4;
/** Words of `Group`: expert, start, count. */
export const GROUP_WORDS = 3;

/** Words of `Run`. */
export const RUN_FIELDS = [
  'rows',
  'rowTable',
  'logitRows',
  'logitTable',
  'groups',
  'groupTable',
  'order',
  'combine',
  'residual',
  'norm',
  'query',
  'keyValue',
  'attention',
  'rope',
  'route',
  'hidden',
  'up',
  'down',
  'logits',
  'scratch',
  'scratchBytes',
  'widened',
  'ends',
] as const;

/** `Model.queryKeyNorm`. */
export const QUERY_KEY_NORM = { none: 0, head: 1, width: 2 } as const;
/** `Model.routerSoftmax`: over which experts. */
export const ROUTER_SOFTMAX = { chosen: 0, all: 1 } as const;
/** `Model.activation`. */
export const ACTIVATION = { swiglu: 0, clampedSwiglu: 1 } as const;

const FLOATS: ReadonlySet<string> = new Set([
  'rmsEpsilon',
  'ropeTheta',
  'activationAlpha',
  'activationLimit',
]);

/** Index of a word of `Run`. */
export function runWord(name: (typeof RUN_FIELDS)[number]): number {
  return RUN_FIELDS.indexOf(name);
}

/** The words of a structure, ready to be copied into the memory. */
export function words<K extends string>(
  fields: readonly K[],
  values: Readonly<Record<K, number>>,
): Uint32Array {
  const out = new Uint32Array(fields.length);
  const floats = new Float32Array(out.buffer);
  fields.forEach((field, i) => {
    if (FLOATS.has(field)) floats[i] = values[field];
    else out[i] = values[field];
  });
  return out;
}

/** Bytes of an activation record: float32 and int16 values, one float32 scale and one int32 sum per 32. */
export function recordBytes(columns: number): number {
  return columns * 6 + columns / 4;
}
