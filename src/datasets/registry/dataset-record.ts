import { canonicalJson, sha256Hex, utf8ToBytes, type Json } from '../../common/index.js';
import type { GainFigures } from '../audit/expected-gain.js';
import type { VoteState } from '../vote/vote-state.js';
import type { DatasetStage, DatasetTier } from './stages.js';

/** Name and version of the payload; docs/formats/dataset.md. */
export const DATASET_FORMAT = 'stemma.dataset.v1';

/** A file of a dataset. The dataset's bytes are its files, one behind the other. */
export interface DatasetFile {
  readonly name: string;
  readonly bytes: number;
  /** Of the file's bytes, 64 hex digits. */
  readonly sha256: string;
}

/** What a contributor says of a dataset. */
export interface DatasetDescription {
  /** Letters, digits, dot, dash: the same for all versions. */
  readonly name: string;
  /** As SemVer has it. */
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** Where the data comes from, in words. */
  readonly source: string;
  readonly files: readonly DatasetFile[];
}

/** What the audit found. */
export interface AuditOutcome {
  /** Hash of the quality report; null where the file could not be read to its end. */
  readonly report: string | null;
  readonly documents: number;
  /** Null where no model was there to measure it. */
  readonly gain: GainFigures | null;
}

/** An objection to a rejection. */
export interface Appeal {
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** Everything a block of chain D says of a dataset; times in ms since the epoch. */
export interface DatasetRecord extends DatasetDescription {
  readonly format: typeof DATASET_FORMAT;
  readonly id: string;
  readonly creator: string;
  /** Of all files together. */
  readonly bytes: number;
  readonly sha256: string;
  /** RFC 6962 root over the tiles of 256 KiB of all files together. */
  readonly root: string;
  readonly stage: DatasetStage;
  /** Codes that tell why a set was rejected or put into quarantine; empty otherwise. */
  readonly reasons: readonly string[];
  /** What a person wrote beside it, where one decided. */
  readonly note: string | null;
  /** Who brought about this stage: an account, or `server`. */
  readonly actor: string;
  /** When this stage began. */
  readonly at: number;
  /** The block before of this dataset; null on its first. */
  readonly previous: string | null;
  readonly audit: AuditOutcome | null;
  /** The last vote, open or closed. */
  readonly vote: VoteState | null;
  readonly appeal: Appeal | null;
  /** Until when a rejection may be appealed against; null where it may not. */
  readonly appeal_until: number | null;
  /** The tier before quarantine; null where it had none. */
  readonly tier: DatasetTier | null;
}

/** What an upload is asked to prove work over, and what its id comes from: who describes what. 64 hex digits. */
export function challengeOf(creator: string, description: DatasetDescription): string {
  const { name, version, licence, source, files } = description;
  const plain = files.map(({ name: file, bytes, sha256 }) => ({ name: file, bytes, sha256 }));
  return sha256Hex(
    canonicalJson({ format: DATASET_FORMAT, creator, name, version, licence, source, files: plain }),
  );
}

/** The id of a dataset: the same description by the same account is the same dataset. */
export function datasetIdOf(challenge: string): string {
  return `ds_${challenge.slice(0, 32)}`;
}

/** The payload of a record's block. */
export function encodeRecord(record: DatasetRecord): Uint8Array {
  return utf8ToBytes(canonicalJson(record as unknown as Json));
}
