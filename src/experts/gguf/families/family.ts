import type { Architecture } from '../../tensorblock/architecture.js';
import type { ModelConfig } from '../../model-config.js';
import type { GgufValue } from '../gguf-format.js';

/**
 * How models of one family are described in GGUF: what llama.cpp's architecture computes, and what it calls each tensor. What all
 * architectures share (sizes, YaRN) is written by `architectureMetadata`.
 */
export interface GgufFamily {
  /** `general.architecture`, the first word of the keys of its metadata. */
  readonly architecture: string;
  /** The parts that llama.cpp's code for it always computes: a model must have them with these values, and no others. */
  readonly computes: Omit<Architecture, 'version'>;
  /** Parts that a model may have or not, because metadata says so. */
  readonly varies: readonly VaryingPart[];
  /** A size that llama.cpp fixes otherwise; undefined: any. */
  readonly fault?: (config: ModelConfig) => GgufFault | undefined;
  /** Metadata of this architecture alone: keys without its name. */
  readonly metadata?: (config: ModelConfig) => readonly (readonly [key: string, value: GgufValue])[];
  /** Names of tensors by `<kind of block>.<tensor>`; those of a layer without `blk.<layer>.`. */
  readonly names: Readonly<Record<string, string>>;
  /** Tensors whose rows are reordered. */
  readonly rowOrders?: Readonly<Record<string, (config: ModelConfig) => RowOrder>>;
}

/** Parts that metadata describes. */
export type VaryingPart = 'yarn' | 'slidingWindow';

/** A member of a model's configuration that llama.cpp cannot represent. */
export interface GgufFault {
  readonly member: string;
  readonly value: unknown;
  /** What llama.cpp asks of it. */
  readonly rule: string;
}

/** A reordering that repeats every `period` rows. */
export interface RowOrder {
  /** A multiple of 16. */
  readonly period: number;
  /** Which of our rows becomes row `row` of the file, both within the period. */
  readonly source: (row: number) => number;
}

/** The names that the four families share. */
export const SHARED_NAMES: Readonly<Record<string, string>> = {
  'embedding.weight': 'token_embd.weight',
  'head.norm': 'output_norm.weight',
  'head.weight': 'output.weight',
  'attention.norm': 'attn_norm.weight',
  'attention.q': 'attn_q.weight',
  'attention.k': 'attn_k.weight',
  'attention.v': 'attn_v.weight',
  'attention.o': 'attn_output.weight',
  'router.norm': 'ffn_norm.weight',
  'router.weight': 'ffn_gate_inp.weight',
  'expert.gate': 'ffn_gate_exps.weight',
  'expert.up': 'ffn_up_exps.weight',
  'expert.down': 'ffn_down_exps.weight',
};

/** The names of models that normalise queries and keys. */
export const NORMALISED_HEADS_NAMES: Readonly<Record<string, string>> = {
  ...SHARED_NAMES,
  'attention.q_norm': 'attn_q_norm.weight',
  'attention.k_norm': 'attn_k_norm.weight',
};
