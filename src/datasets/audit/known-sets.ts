import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { firstOf, SIGNATURE_LENGTH, type NearSketch, type TextSketch } from '../quality/index.js';
import { TIERS } from '../registry/stages.js';
import type { KnownSet } from './audit-work.js';

/** Approved sets that a new one is compared with at most, the newest first: their sketches are 32 KiB each. */
const MOST_SETS = 2_048;
/** Signatures of all sets together, 512 bytes each; every set gives as many as fit. */
const MOST_SIGNATURES = 65_536;
/** With fewer they are all that a set has: as many were kept of sets at most, of those that were looked through first. */
const WHOLE_BELOW = 256;
const SIGNATURE_BYTES = SIGNATURE_LENGTH * Uint32Array.BYTES_PER_ELEMENT;

interface Columns {
  readonly id: string;
  readonly sketch: Buffer;
  readonly signatures: Buffer;
}

/** What is kept of datasets for later ones to be compared with. */
@Injectable()
export class KnownSets {
  constructor(private readonly dataSource: DataSource) {}

  /** The approved sets that were there before a set; a set is no copy of one that came after it. */
  async before(position: string): Promise<KnownSet[]> {
    const [{ sets }] = await this.dataSource.query<[{ sets: number }]>(
      'SELECT count(*)::int AS sets FROM datasets WHERE stage = ANY($1) AND position < $2',
      [TIERS, position],
    );
    const each = Math.floor(MOST_SIGNATURES / Math.max(1, Math.min(sets, MOST_SETS)));
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT d.id, s.sketch, substring(s.signatures FROM 1 FOR $4) AS signatures
       FROM datasets d JOIN dataset_sketches s ON s.dataset_id = d.id
       WHERE d.stage = ANY($1) AND d.position < $2 ORDER BY d.position DESC LIMIT $3`,
      // One more than is compared tells whether there are more.
      [TIERS, position, MOST_SETS, (each + 1) * SIGNATURE_BYTES],
    );
    return rows.map(({ id, sketch, signatures }) => ({
      ...{ id, sketch: decodeSketch(sketch) },
      near: firstOf(decodeSignatures(signatures), each),
    }));
  }

  /** Keeps what was found in a set; what was kept of it before is replaced. */
  async keep(manager: EntityManager, { id, sketch, near }: KnownSet): Promise<void> {
    await manager.query(
      `INSERT INTO dataset_sketches (dataset_id, sketch, signatures) VALUES ($1, $2, $3)
       ON CONFLICT (dataset_id) DO UPDATE SET sketch = $2, signatures = $3`,
      [id, encodeSketch(sketch), encodeSignatures(near.signatures)],
    );
  }
}

/** One byte, whether the sketch is whole; then the hashes as float64, little-endian. */
function encodeSketch({ hashes, whole }: TextSketch): Buffer {
  const bytes = Buffer.alloc(1 + hashes.length * 8);
  bytes.writeUInt8(whole ? 1 : 0);
  hashes.forEach((hash, i) => bytes.writeDoubleLE(hash, 1 + i * 8));
  return bytes;
}

function decodeSketch(bytes: Buffer): TextSketch {
  const hashes = Float64Array.from({ length: (bytes.length - 1) / 8 }, (_, i) =>
    bytes.readDoubleLE(1 + i * 8),
  );
  return { hashes, whole: bytes[0] === 1 };
}

function encodeSignatures(signatures: readonly Uint32Array[]): Buffer {
  const bytes = Buffer.alloc(signatures.length * SIGNATURE_BYTES);
  signatures.forEach((signature, i) =>
    signature.forEach((hash, j) => bytes.writeUInt32LE(hash, i * SIGNATURE_BYTES + j * 4)),
  );
  return bytes;
}

function decodeSignatures(bytes: Buffer): NearSketch {
  const signatures = Array.from({ length: Math.floor(bytes.length / SIGNATURE_BYTES) }, (_, i) =>
    Uint32Array.from({ length: SIGNATURE_LENGTH }, (_hash, j) =>
      bytes.readUInt32LE(i * SIGNATURE_BYTES + j * 4),
    ),
  );
  return { signatures, whole: signatures.length < WHOLE_BELOW };
}
