import { setImmediate as breathe } from 'node:timers/promises';
import { bytesToHex, CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import {
  checkSections,
  decodeDeltaBlock,
  encodeDeltaBlock,
  type DeltaBlock,
  type DeltaHeader,
  type DeltaSection,
} from './delta-header.js';
import { piecesOf, putTogether, takeApart } from './residual.js';
import { expand, squeeze } from './squeeze.js';

/** What a delta is made of. */
export interface DeltaSource {
  /** Hash of the parent's block. */
  readonly parent: string;
  readonly parentPayload: Uint8Array;
  readonly payload: Uint8Array;
  /** How the payload is divided; both payloads alike. */
  readonly sections: readonly DeltaSection[];
}

/**
 * Writes the difference between a payload and its parent's. Nothing is lost: `applyDelta` gives the same bytes again. Refusals:
 * `DELTA_BLOCK_PARENT` (not of one size, or the same), `DELTA_BLOCK_FORMAT` (sections that do not cover the payload), `DELTA_BLOCK_LIMIT`.
 */
export async function makeDelta(source: DeltaSource): Promise<Result<Uint8Array>> {
  const { parent, parentPayload, payload, sections } = source;
  const covered = checkSections(sections, payload.length);
  if (!covered.ok) return covered;
  const header: DeltaHeader = {
    version: 1,
    parent,
    parent_payload_hash: nativeSha256Hex(parentPayload),
    payload_hash: nativeSha256Hex(payload),
    payload_size: payload.length,
    sections,
  };
  if (parentPayload.length !== payload.length || header.parent_payload_hash === header.payload_hash)
    return wrongParent('a delta is between two payloads of one size');
  const residual = new Uint8Array(payload.length);
  for (const piece of piecesOf(sections)) {
    takeApart(piece, parentPayload, payload, residual);
    await breathe();
  }
  return ok(encodeDeltaBlock({ header, body: await squeeze(residual) }, nativeSha256));
}

/** Reads what a delta says of itself; its bytes agree with their checksum. Refusals: `DELTA_BLOCK_FORMAT`, `DELTA_BLOCK_LIMIT`. */
export function readDelta(bytes: Uint8Array): Result<DeltaBlock> {
  return decodeDeltaBlock(bytes, nativeSha256);
}

/**
 * The payload a delta stands for, from its parent's payload; its hash has been checked. Refusals: `DELTA_BLOCK_PARENT` (another payload
 * than the one it was made from), `DELTA_BLOCK_FORMAT`, `DELTA_BLOCK_HASH` (what comes out is not what it names).
 */
export async function applyDelta(
  { header, body }: DeltaBlock,
  parentPayload: Uint8Array,
): Promise<Result<Uint8Array>> {
  if (nativeSha256Hex(parentPayload) !== header.parent_payload_hash)
    return wrongParent('this payload is not the one the delta was made from');
  if (parentPayload.length !== header.payload_size)
    return wrongParent('a delta is between two payloads of one size');
  const residual = await expand(body, header.payload_size);
  if (!residual.ok) return residual;
  const payload = new Uint8Array(header.payload_size);
  for (const piece of piecesOf(header.sections)) {
    putTogether(piece, parentPayload, residual.value, payload);
    await breathe();
  }
  const hash = bytesToHex(nativeSha256(payload));
  if (hash === header.payload_hash) return ok(payload);
  const message = `the delta gives payload ${hash}, not ${header.payload_hash}`;
  return err(new CodedError('DELTA_BLOCK_HASH', message, { found: hash, expected: header.payload_hash }));
}

function wrongParent(message: string): Result<never> {
  return err(new CodedError('DELTA_BLOCK_PARENT', message, {}));
}
