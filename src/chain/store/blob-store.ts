import type { Readable } from 'node:stream';
import type { Result } from '../../common/index.js';
import type { PayloadDigest } from '../block/index.js';

/** One blob to be stored: its name and its bytes, in memory or in a file that the store may move away. */
export interface BlobInput {
  readonly hash: string;
  readonly content: Uint8Array | { readonly path: string };
}

/** A blob that was written to a temporary file of the store while it was hashed; `path` lives until published or discarded. */
export interface StagedBlob extends PayloadDigest {
  readonly path: string;
}

/** A half-open range of bytes: `start` included, `end` excluded. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What looking at a blob shows. */
export type BlobCondition = 'intact' | 'missing' | 'corrupt';

/**
 * Immutable blobs by name. Every adapter passes `test/compliance` for this port. Refusals: `STORAGE_FULL`,
 * `STORAGE_READ_ONLY`, `STORAGE_FAILED`, `BLOB_CORRUPT`, `BLOB_MISSING`.
 */
export abstract class BlobStore {
  /** Stores all durably before it resolves; what is there already stays as it is. Nothing half written is ever visible. */
  abstract putAll(blobs: readonly BlobInput[]): Promise<Result<void>>;
  /** Stores bytes under their SHA-256 and returns it. */
  abstract put(bytes: Uint8Array): Promise<Result<string>>;
  /** Writes a stream to a temporary file, hashing as it goes; publish it by `putAll` or give it to `discard`. */
  abstract stage(source: AsyncIterable<Uint8Array>): Promise<Result<StagedBlob>>;
  /** Removes a staged file; no error when it is gone. */
  abstract discard(staged: { readonly path: string }): Promise<void>;
  /** Whether a blob of that name is there. */
  abstract has(hash: string): Promise<boolean>;
  /** Reads the blob through, in little memory, and compares it with its name. */
  abstract check(hash: string): Promise<BlobCondition>;
  /** Where the blob lies as a local file, whether it exists or not; null for stores without local files. */
  abstract path(hash: string): string | null;
  /** The bytes, checked against the name when read whole. */
  abstract read(hash: string, range?: ByteRange): Promise<Result<Uint8Array>>;
  /** The bytes as a stream, unchecked: for readers that check themselves. */
  abstract open(hash: string, range?: ByteRange): Readable;
  /** Size in bytes; null when it is not there. */
  abstract stat(hash: string): Promise<{ readonly size: number } | null>;
  /** Every blob, in order of names. */
  abstract list(): AsyncIterable<{ readonly hash: string; readonly size: number }>;
  /**
   * Writes a few bytes as durably as a blob, reads them back and removes them, out of every reader's sight. Refusals: `STORAGE_…`, and
   * `BLOB_CORRUPT` for other bytes than were written.
   */
  abstract tryOut(): Promise<Result<void>>;
  /** Removes a blob (fsck only); no error when it is gone. */
  abstract remove(hash: string): Promise<void>;
}
