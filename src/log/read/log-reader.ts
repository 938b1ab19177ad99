import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { bytesToHex, CodedError, err, ok, type Result } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import { formatVerifierKey, type Checkpoint } from '../checkpoint/index.js';
import { LogFiles } from '../files/log-files.js';
import { TileHashes } from '../files/tile-hashes.js';
import {
  consistencyPath,
  inclusionPath,
  inclusionPathInMemory,
  rootOf,
  type SubtreeHash,
} from '../tree/proofs.js';
import { NewestCheckpoint } from './newest-checkpoint.js';

/** The published checkpoint with its signed note. */
export interface PublishedCheckpoint extends Checkpoint {
  readonly note: string;
}

/** Proof that a leaf is in the log: hashes in hex, `path` from the leaf upwards (RFC 6962 §2.1.1). */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leaf_hash: string;
  readonly path: readonly string[];
}

/** Proof that the log of `first` leaves is the beginning of that of `second` (RFC 6962 §2.1.2). */
export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly path: readonly string[];
}

const WAIT_STEP_MS = 25;

/** Reads the log: checkpoints, proofs, positions. */
@Injectable()
export class LogReader {
  private readonly hashes: TileHashes;
  private readonly newest: NewestCheckpoint;
  private key: { readonly origin: string; readonly text: string } | null = null;

  constructor(
    private readonly dataSource: DataSource,
    files: LogFiles,
    private readonly keys: NodeKeys,
  ) {
    this.hashes = new TileHashes(files);
    this.newest = new NewestCheckpoint(files);
  }

  /** The newest checkpoint. Throws `LOG_NOT_READY` (503) before the first. */
  async checkpoint(): Promise<PublishedCheckpoint> {
    const checkpoint = await this.newest.read();
    if (checkpoint !== null) return checkpoint;
    throw new CodedError('LOG_NOT_READY', 'The log has not published a checkpoint yet.', {}, 503);
  }

  /** The key that checkpoints are checked with, as `name+hash+base64`. */
  async verifierKey(): Promise<string> {
    const { origin } = await this.checkpoint();
    if (this.key?.origin !== origin) {
      const text = formatVerifierKey({ name: origin, publicKey: this.keys.logSigner.publicKey });
      this.key = { origin, text };
    }
    return this.key.text;
  }

  /** Proves that leaf `index` is in the log of `size` leaves (the newest by default). `LOG_RANGE` outside of it. */
  async inclusion(index: number, size?: number): Promise<Result<InclusionProof>> {
    const published = (await this.checkpoint()).size;
    const upTo = size ?? published;
    if (upTo > published || index >= upTo) return err(outside(published));
    const hashOf = this.hashesWithin(published);
    const leafHash = await hashOf({ height: 0, index });
    const path =
      inclusionPathInMemory(index, upTo, (id) => this.hashes.hashInMemory(id, published)) ??
      (await inclusionPath(index, upTo, hashOf));
    return ok({ index, size: upTo, leaf_hash: bytesToHex(leafHash), path: path.map(bytesToHex) });
  }

  /** Proves that the log only grew between two sizes; 1 ≤ first ≤ second ≤ published. `LOG_RANGE` otherwise. */
  async consistency(first: number, second: number): Promise<Result<ConsistencyProof>> {
    const { size } = await this.checkpoint();
    if (first < 1 || first > second || second > size) return err(outside(size));
    const path = await consistencyPath(first, second, this.hashesWithin(size));
    return ok({ first, second, path: path.map(bytesToHex) });
  }

  /** The root over the first `size` leaves of the published log (64 hex digits); null while it has fewer, or for 0. */
  async rootAt(size: number): Promise<string | null> {
    const published = (await this.checkpoint()).size;
    if (size < 1 || size > published) return null;
    return bytesToHex(await rootOf(size, this.hashesWithin(published)));
  }

  /** The leaf number of the first entry of that kind about a subject; null while it has none. */
  async indexOf(subject: string, kind: string): Promise<number | null> {
    const [row] = await this.dataSource.query<{ leaf_index: string | null }[]>(
      'SELECT leaf_index FROM log_entries WHERE subject = $1 AND kind = $2 ORDER BY id LIMIT 1',
      [subject, kind],
    );
    return row?.leaf_index == null ? null : Number(row.leaf_index);
  }

  /** The exact text of the first leaf of that kind about a subject, with its number; null while it has none. */
  async leafOf(subject: string, kind: string): Promise<{ index: number; leaf: string } | null> {
    const [row] = await this.dataSource.query<{ leaf_index: string | null; leaf: string }[]>(
      'SELECT leaf_index, leaf FROM log_entries WHERE subject = $1 AND kind = $2 ORDER BY id LIMIT 1',
      [subject, kind],
    );
    return row?.leaf_index == null ? null : { index: Number(row.leaf_index), leaf: row.leaf };
  }

  /** Waits until that entry is under a published checkpoint; null when the deadline passes first. */
  async waitFor(subject: string, kind: string, deadlineMs: number): Promise<number | null> {
    for (const end = performance.now() + deadlineMs; ; await delay(WAIT_STEP_MS)) {
      const index = await this.indexOf(subject, kind);
      if (index !== null && index < ((await this.newest.read())?.size ?? 0)) return index;
      if (performance.now() >= end) return null;
    }
  }

  private hashesWithin(size: number): SubtreeHash {
    return (id) => this.hashes.hash(id, size);
  }
}

function outside(size: number): CodedError {
  return new CodedError(
    'LOG_RANGE',
    `The log has ${size} leaves; the numbers asked for lie outside.`,
    { size },
    400,
  );
}
