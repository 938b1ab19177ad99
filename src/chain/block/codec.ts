import { canonicalJson, type Json } from '../../common/canonical-json.js';
import { CodedError } from '../../common/errors.js';
import { bytesToHex, sha256Bytes, utf8ToBytes, type Sha256 } from '../../common/hash.js';
import { err, type Result } from '../../common/result.js';
import { HEADER_LIMITS, type BlockHeader, type UnsignedBlockHeader } from './header.js';
import { checkFields, checkShape } from './shape.js';

/** The bytes that are hashed and signed: canonical JSON of the header without `signature`. */
export function encodeHeader(header: UnsignedBlockHeader): Uint8Array {
  return utf8ToBytes(canonicalJson(withoutSignature(header)));
}

/** The block's name: SHA-256 of `encodeHeader`, 64 hex digits. */
export function hashHeader(header: UnsignedBlockHeader, sha256: Sha256 = sha256Bytes): string {
  return bytesToHex(sha256(encodeHeader(header)));
}

/** The bytes that are stored: canonical JSON of the whole header, signature included. */
export function encodeSignedHeader(header: BlockHeader): Uint8Array {
  return utf8ToBytes(canonicalJson(header as unknown as Json));
}

/**
 * Reads what `encodeSignedHeader` wrote and nothing else: `BLOCK_SHAPE` for anything that is not one canonical header.
 * Hash, signature and work are not checked here (see `verifyHeader`).
 */
export function decodeHeader(bytes: Uint8Array): Result<BlockHeader> {
  if (bytes.length > HEADER_LIMITS.headerBytes)
    return refusal(`is larger than ${HEADER_LIMITS.headerBytes} bytes`);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return refusal('is not JSON in UTF-8');
  }
  const shaped = text.length > HEADER_LIMITS.metadataBytes ? checkShape(value) : checkFields(value);
  if (!shaped.ok) return shaped;
  return isCanonical(value as Json, text) ? shaped : refusal('is not in canonical form');
}

/**
 * Whether `canonicalJson(value)` is the text that the value was parsed from. Text whose keys are in order and which prints
 * as it was read is canonical; the slow way decides on numeric keys (which engines reorder) and escaped surrogates.
 */
function isCanonical(value: Json, text: string): boolean {
  if (!text.includes('\\ud') && hasSortedKeys(value) && JSON.stringify(value) === text) return true;
  try {
    return canonicalJson(value) === text;
  } catch {
    return false;
  }
}

function hasSortedKeys(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return (value as readonly Json[]).every(hasSortedKeys);
  let before = '';
  for (const [key, member] of Object.entries(value)) {
    if (key < before || !hasSortedKeys(member)) return false;
    before = key;
  }
  return true;
}

function withoutSignature(header: UnsignedBlockHeader): Json {
  const { signature: _signature, ...unsigned } = header as BlockHeader;
  return unsigned as unknown as Json;
}

function refusal(what: string): Result<never> {
  return err(new CodedError('BLOCK_SHAPE', `The block header ${what}.`, { field: '' }));
}
