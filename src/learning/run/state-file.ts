import { bytesToHex, concatBytes, equalBytes, hexToBytes, utf8ToBytes } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { TrainerState } from '../trainer/trainer.js';

const MAGIC = utf8ToBytes('STATE\0\0\x01');
const HASH_BYTES = 32;
/** Magic, updates, examples taken, the link. */
const HEADER_BYTES = MAGIC.length + 8 + 8 + HASH_BYTES;

/** A state of a training as a file: magic, update and place (little-endian 64-bit), link, values (float32), SHA-256 of all that. */
export function encodeState({ step, place, hash, values }: TrainerState): Uint8Array {
  const numbers = new Uint8Array(16);
  const view = new DataView(numbers.buffer);
  view.setBigUint64(0, BigInt(step), true);
  view.setBigUint64(8, BigInt(place), true);
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const body = concatBytes(MAGIC, numbers, hexToBytes(hash), content);
  return concatBytes(body, nativeSha256(body));
}

/** Reads such a file; null where a byte of it is wrong or missing. */
export function decodeState(bytes: Uint8Array): TrainerState | null {
  const end = bytes.length - HASH_BYTES;
  if (end < HEADER_BYTES || (end - HEADER_BYTES) % 4 !== 0) return null;
  const body = bytes.subarray(0, end);
  if (!equalBytes(nativeSha256(body), bytes.subarray(end))) return null;
  if (!equalBytes(body.subarray(0, MAGIC.length), MAGIC)) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const step = Number(view.getBigUint64(MAGIC.length, true));
  const place = Number(view.getBigUint64(MAGIC.length + 8, true));
  const hash = bytesToHex(body.subarray(HEADER_BYTES - HASH_BYTES, HEADER_BYTES));
  // A copy begins where float32 values may.
  const values = new Float32Array(Uint8Array.from(body.subarray(HEADER_BYTES)).buffer);
  return { step, place, hash, values };
}
