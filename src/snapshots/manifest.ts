import { createPublicKey, verify } from 'node:crypto';
import {
  bytesToHex,
  canonicalJson,
  CodedError,
  err,
  hexToBytes,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../common/index.js';
import type { Ed25519Signer } from '../keys/index.js';
import { hasManifestShape } from './manifest-shape.js';

/** What a manifest says it is; docs/formats/snapshot.md. */
export const SNAPSHOT_FORMAT = 'stemma-snapshot/1';

/** Name of the manifest in a snapshot. A folder without it is no snapshot. */
export const MANIFEST_FILE = 'manifest.json';

/** One file of a snapshot. */
export interface SnapshotFile {
  /** Below the snapshot's folder, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** A table: its columns in their order, and the file with its rows. */
export interface SnapshotTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly file: string;
}

/** A partition of a table, made again before the rows are put back. Bounds as PostgreSQL prints them, in UTC. */
export interface SnapshotPartition {
  readonly table: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** A sequence and the last value it gave out. */
export interface SnapshotSequence {
  readonly name: string;
  /** Decimal digits: it may exceed what a JSON number holds. */
  readonly value: string;
}

/** Everything a snapshot holds. */
export interface SnapshotBody {
  readonly format: typeof SNAPSHOT_FORMAT;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** Version of Stemma that made it. */
  readonly stemma: string;
  /** Name of the node. */
  readonly node: string;
  /** The log's public key, 64 hex digits; the manifest is signed with it. */
  readonly key: string;
  /** What it was asked for by, such as a task's step; null where nothing was said. */
  readonly label: string | null;
  /** The signed note of the newest checkpoint; the log's files end there. */
  readonly checkpoint: string;
  /** Names of the migrations that the database had, oldest first. */
  readonly migrations: readonly string[];
  readonly tables: readonly SnapshotTable[];
  readonly partitions: readonly SnapshotPartition[];
  readonly sequences: readonly SnapshotSequence[];
  readonly with_keys: boolean;
  readonly files: readonly SnapshotFile[];
}

/** A snapshot's table of contents with the signature over it, 128 hex digits. */
export interface SnapshotManifest extends SnapshotBody {
  readonly signature: string;
}

/** Signs a manifest with the key of the log. Same body, same signature. */
export function signManifest(body: SnapshotBody, signer: Ed25519Signer): SnapshotManifest {
  return { ...body, signature: bytesToHex(signer.sign(message(body))) };
}

/** Reads a manifest. Refusals: `SNAPSHOT_MANIFEST` (not one), `SNAPSHOT_SIGNATURE` (altered, or signed with another key). */
export function openManifest(text: string): Result<SnapshotManifest> {
  const value = parsed(text);
  if (!hasManifestShape(value))
    return err(new CodedError('SNAPSHOT_MANIFEST', `${MANIFEST_FILE} is no manifest of a snapshot.`));
  const { signature, ...body } = value;
  if (isSigned(body, signature)) return ok(value);
  return err(
    new CodedError('SNAPSHOT_SIGNATURE', `${MANIFEST_FILE} was altered: its signature does not match.`),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isSigned(body: SnapshotBody, signature: string): boolean {
  const x = Buffer.from(body.key, 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message(body), key, hexToBytes(signature));
}

/** The first line keeps it apart from everything else this key signs. */
function message(body: SnapshotBody): Uint8Array {
  return utf8ToBytes(`${SNAPSHOT_FORMAT}\n${canonicalJson(body as unknown as Json)}`);
}
