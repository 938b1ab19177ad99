import { ok, type Json, type Result } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { ggufFamily } from './families/index.js';
import { ggufArchitecture } from './gguf-architecture.js';
import {
  aligned,
  ggufTensorBytes,
  type GgmlType,
  type GgufMetadata,
  type GgufTensor,
  type GgufValue,
} from './gguf-format.js';
import { ggufChunks } from './gguf-chunks.js';
import { encodeGgufHeader } from './gguf-header.js';
import { planGgufTensors } from './gguf-tensor-plan.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { placeTensor, type PlacedTensor } from './placed-tensor.js';
import type { WeightFile } from './weight-reader.js';

/** What a GGUF file is made of. */
export interface GgufModel {
  /** Name of the model, for people. */
  readonly name: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly blocks: readonly WeightFile[];
  /** Payload of the tokenizer block; null for a model that takes and gives token ids only. */
  readonly tokenizer: Json;
}

/** A GGUF file that can be written. */
export interface GgufFile {
  /** Bytes. */
  readonly size: number;
  /** Most frequent element type. */
  readonly type: GgmlType;
  /** What llama.cpp will do differently, for people; empty: nothing that is known. */
  readonly notes: readonly string[];
  /**
   * The file from its first byte to its last in pieces of about a megabyte. Every block is verified against its hash before it is
   * used; throws `BLOCK_MISSING`, `BLOCK_CORRUPT`, `GGUF_TENSOR`.
   */
  readonly chunks: () => AsyncGenerator<Uint8Array>;
}

/** `general.file_type` as llama.cpp numbers it. */
const FILE_TYPE: Readonly<Record<GgmlType, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7 };

/**
 * Prepares the export of a model. Refuses with `GGUF_FAMILY`, `GGUF_CONFIG` (a part or size that llama.cpp has not), `GGUF_TOKENIZER`,
 * `GGUF_TENSOR` (stored in a way that GGUF has not, or not equally for all experts of a layer) and `BLOCK_MISSING`.
 */
export async function prepareGguf(model: GgufModel): Promise<Result<GgufFile>> {
  const family = ggufFamily(model.config.family);
  if (!family.ok) return family;
  const architecture = ggufArchitecture(model.config, family.value);
  if (!architecture.ok) return architecture;
  const tokenizer = ggufTokenizer(model.tokenizer, model.config.vocabSize);
  if (!tokenizer.ok) return tokenizer;
  const files = new Map(model.blocks.map((block) => [block.name, block]));
  const tensors: PlacedTensor[] = [];
  for (const described of planGgufTensors(model.config, family.value)) {
    const placed = await placeTensor(described, files);
    if (!placed.ok) return placed;
    tensors.push(placed.value);
  }
  const type = commonType(tensors);
  const metadata: GgufMetadata = new Map([
    ...architecture.value.metadata,
    ...general(model, type),
    ...tokenizer.value.metadata,
  ]);
  const header = encodeGgufHeader(metadata, tensors);
  return ok({
    size: tensors.reduce((sum, tensor) => sum + aligned(ggufTensorBytes(tensor)), header.length),
    type,
    notes: [...architecture.value.notes, ...tokenizer.value.notes],
    chunks: () => ggufChunks(header, tensors, files),
  });
}

function general(model: GgufModel, type: GgmlType): [string, GgufValue][] {
  return [
    ['general.name', { type: 'string', value: `${model.name} ${model.version}` }],
    ['general.file_type', { type: 'uint32', value: FILE_TYPE[type] }],
    ['general.quantization_version', { type: 'uint32', value: 2 }],
  ];
}

/** The type of most bytes. */
function commonType(tensors: readonly GgufTensor[]): GgmlType {
  const bytes = new Map<GgmlType, number>();
  for (const tensor of tensors)
    bytes.set(tensor.type, (bytes.get(tensor.type) ?? 0) + ggufTensorBytes(tensor));
  return [...bytes].sort(([, a], [, b]) => b - a)[0][0];
}
