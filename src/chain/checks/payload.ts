import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { digestPayload, PayloadHasher, type PayloadDigest } from '../block/index.js';
import type { PayloadSource } from '../publish/block-input.js';
import type { Candidate } from '../publish/candidate.js';

/** Bytes read at once from a staged payload. */
const READ_BYTES = 1024 * 1024;

/**
 * Reads the payload and checks it against the header: `BLOCK_PAYLOAD_SIZE` → `BLOCK_PAYLOAD_HASH` →
 * `BLOCK_PAYLOAD_ROOT`. Returns its digest.
 */
export async function checkPayload({ hash, header, payload }: Candidate): Promise<Result<PayloadDigest>> {
  const size = payload instanceof Uint8Array ? payload.length : (await stat(payload.path)).size;
  if (size !== header.payload_size)
    return refusal('SIZE', hash, `has ${size} bytes, the header says ${header.payload_size}`);
  const digest = await digestSource(payload);
  if (digest.hash !== header.payload_hash)
    return refusal('HASH', hash, `hashes to ${digest.hash}, the header says ${header.payload_hash}`);
  if (digest.root !== header.payload_root)
    return refusal('ROOT', hash, `has the tile root ${digest.root}, the header says ${header.payload_root}`);
  return ok(digest);
}

/** The digest of a payload in memory or in a file, by OpenSSL. */
export async function digestSource(payload: PayloadSource): Promise<PayloadDigest> {
  if (payload instanceof Uint8Array) return digestPayload(payload, () => createHash('sha256'));
  const hasher = new PayloadHasher(() => createHash('sha256'));
  for await (const piece of createReadStream(payload.path, { highWaterMark: READ_BYTES }))
    hasher.update(piece as Uint8Array);
  return hasher.digest();
}

function refusal(part: 'SIZE' | 'HASH' | 'ROOT', block: string, what: string): Result<never> {
  return err(new CodedError(`BLOCK_PAYLOAD_${part}`, `The payload of block ${block} ${what}.`, { block }));
}
