import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import type { GgufMetadata } from './gguf-format.js';
import { mixtral } from './mixtral.js';

/** A tensor of the file and the tensors of our blocks it is made of. */
export interface GgufTensorPlan {
  readonly name: string;
  /** Elements per dimension, the contiguous one first: columns, rows and, for experts, how many of them. */
  readonly dimensions: readonly number[];
  /** One after the other; each a matrix of `dimensions[1]` rows, or one row. */
  readonly sources: readonly GgufSource[];
  /** Rows that are reordered among themselves, for a rotation of another convention; undefined: none. */
  readonly rowOrder?: RowOrder;
}

/** A tensor in one of our blocks. */
export interface GgufSource {
  readonly block: string;
  readonly tensor: string;
}

/** A reordering that repeats every `period` rows. */
export interface RowOrder {
  /** A multiple of 16. */
  readonly period: number;
  /** Which of our rows becomes row `row` of the file, both within the period. */
  readonly source: (row: number) => number;
}

/** How models of one family are described in GGUF. */
export interface GgufFamily {
  /** Metadata of the architecture, its name (`general.architecture`) included. */
  metadata(config: ModelConfig): GgufMetadata;
  /** Every tensor of the file. */
  tensors(config: ModelConfig): readonly GgufTensorPlan[];
}

/** A new family is one entry here and a file beside this one. */
const FAMILIES: Readonly<Record<string, GgufFamily>> = { mixtral };

/** The family of a model; refuses (`GGUF_FAMILY`, naming it) what has no description here. */
export function ggufFamily(family: string): Result<GgufFamily> {
  if (Object.hasOwn(FAMILIES, family)) return ok(FAMILIES[family]);
  const supported = Object.keys(FAMILIES);
  const message = `models of the family ${family} cannot be exported to GGUF; supported: ${supported.join(', ')}`;
  return err(new CodedError('GGUF_FAMILY', message, { family, supported }));
}
