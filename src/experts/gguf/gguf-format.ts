/** The version of GGUF that is written. Source of the format: the document `gguf.md` of the ggml project. */
export const GGUF_VERSION = 3;
/** Tensor data and every tensor in it start on a multiple of this many bytes. */
export const GGUF_ALIGNMENT = 32;

/** Value types of the metadata, as the format numbers them. */
export const GGUF_VALUE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** Element types of tensors that are written: number in the format, elements per block, bytes per block. */
export const GGML_TYPE = {
  f32: { id: 0, elements: 1, bytes: 4 },
  f16: { id: 1, elements: 1, bytes: 2 },
  q4_0: { id: 2, elements: 32, bytes: 18 },
  q8_0: { id: 8, elements: 32, bytes: 34 },
} as const;

/** Name of an element type. */
export type GgmlType = keyof typeof GGML_TYPE;

/** A value of the metadata with its type in the file. */
export type GgufValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'bools'; readonly value: readonly boolean[] }
  | { readonly type: 'float32s' | 'int32s'; readonly value: readonly number[] };

/** Metadata in the order it is written: key to value. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** A tensor as the file lists it. */
export interface GgufTensor {
  readonly name: string;
  /** Elements per dimension, the one that is contiguous in memory first. */
  readonly dimensions: readonly number[];
  readonly type: GgmlType;
}

/** Bytes of a tensor's data. */
export function ggufTensorBytes({ dimensions, type }: GgufTensor): number {
  const { elements, bytes } = GGML_TYPE[type];
  return (dimensions.reduce((product, size) => product * size, 1) / elements) * bytes;
}

/** The smallest multiple of the alignment that is not below `bytes`. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / GGUF_ALIGNMENT) * GGUF_ALIGNMENT;
}
