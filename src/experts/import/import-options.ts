import { basename, resolve } from 'node:path';
import { CodedError, type Result } from '../../common/index.js';
import type { ImportDtype } from '../blocks/tensor-plan.js';
import { isModelName } from '../releases/release-payload.js';
import { parseProvenance, type Provenance, type TrainingData } from '../provenance/provenance.js';
import { parseVersion } from '../releases/version.js';
import type { QualityReport, QualityUnknown } from './quality.js';

/** What an import is asked for. */
export interface ImportOptions {
  /** Name of the model; the folder's name by default. */
  readonly name?: string;
  /** SemVer; by default the next one of the model, 1.0.0 for a new one. */
  readonly version?: string;
  readonly dtype?: ImportDtype;
  /** ms since the epoch. */
  readonly timestamp?: number;
  /** Whether to compare the release with the exact weights; undefined: in 4 bits, unless the model is large. */
  readonly measure?: boolean;
  /** SPDX expression of the weights; by default what the folder's model card says. */
  readonly license?: string;
  /** Who made the model. */
  readonly author?: string;
  /** What it was trained on; by default what the folder's model card says. */
  readonly data?: readonly TrainingData[];
  readonly signal?: AbortSignal;
}

/** How far an import is: bytes of the checkpoint's tensors. */
export interface ImportProgress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

/** What an import made or found. */
export interface ReleaseSummary {
  readonly model: string;
  readonly version: string;
  /** Hash of the release block. */
  readonly release: string;
  readonly meta: string;
  readonly tokenizer: string | null;
  readonly parent: string | null;
  readonly dtype: ImportDtype;
  /** Weight blocks of the release. */
  readonly blocks: number;
  /** Weight blocks that were not on the chain before. */
  readonly created_blocks: number;
  /** False where the model had a release of exactly this content already. */
  readonly created: boolean;
  /** Where it comes from, as its release block states; null where it states nothing. */
  readonly provenance: Provenance | null;
  /** What it does not state. Without licence and data no release goes live by itself. */
  readonly unstated: readonly ('licence' | 'data' | 'author')[];
  /** What keeping the weights in fewer bits costs; absent where nobody asked. */
  readonly quality?: QualityReport | QualityUnknown;
}

/** The name a model gets from its folder. */
export function defaultName(folder: string): string {
  return basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 64);
}

const DTYPES: readonly string[] = ['q8', 'q4', 'f16', 'f32'];

/** What is wrong with options, if anything: `IMPORT_OPTION` names the one. */
export function checkOptions(model: string, options: ImportOptions): CodedError | null {
  const { version, dtype, timestamp } = options;
  const bad = (option: string, message: string) => new CodedError('IMPORT_OPTION', message, { option });
  if (!isModelName(model))
    return bad(
      'name',
      `${JSON.stringify(model)} is no name for a model: lower-case letters, digits, . _ -, at most 64`,
    );
  if (version !== undefined && parseVersion(version) === null)
    return bad('version', `${JSON.stringify(version)} is not a version such as 1.0.0`);
  if (dtype !== undefined && !DTYPES.includes(dtype))
    return bad('dtype', `dtype ${String(dtype)} is not supported; supported are ${DTYPES.join(', ')}`);
  if (timestamp !== undefined && (!Number.isSafeInteger(timestamp) || timestamp < 0))
    return bad('timestamp', 'timestamp must be whole milliseconds since the epoch');
  const stated = statedIn(options);
  return stated.ok ? null : stated.error;
}

/** What options say of where the model comes from; null where they say nothing. `IMPORT_OPTION`. */
export function statedIn({ license, author, data }: ImportOptions): Result<Provenance | null> {
  return parseProvenance({ license, author, data });
}
