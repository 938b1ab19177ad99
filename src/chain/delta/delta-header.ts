import { canonicalJson, CodedError, err, isHash, ok, type Json, type Result } from '../../common/index.js';
import { DELTA_LIMITS } from './limits.js';

/** Bytes of a tile of `int8_tiles`: 16 float32 scales, then 16 x 32 integers (docs/formats/tensorblock.md). */
export const TILE_BYTES = 576;

/** A part of the payload and how its difference is written. */
export interface DeltaSection {
  readonly kind: 'bytes' | 'int8_tiles';
  readonly length: number;
}

/** What a delta says of itself (docs/formats/delta-block.md); members are named as in JSON. */
export interface DeltaHeader {
  readonly version: 1;
  /** Hash of the block whose payload the difference is taken from. */
  readonly parent: string;
  readonly parent_payload_hash: string;
  /** The whole payload that comes out. */
  readonly payload_hash: string;
  /** Of both payloads, bytes. */
  readonly payload_size: number;
  /** The payload from its first byte to its last. */
  readonly sections: readonly DeltaSection[];
}

/** A delta as it lies in a file: what it says of itself, and the compressed difference. */
export interface DeltaBlock {
  readonly header: DeltaHeader;
  readonly body: Uint8Array;
}

const MAGIC = 'SDBLOCK1';
const PREFIX_BYTES = MAGIC.length + 4;
const HASH_BYTES = 32;
const MEMBERS = 'parent,parent_payload_hash,payload_hash,payload_size,sections,version';

/** Where the hash of everything behind it begins; in front of it are magic and length. */
const CHECKSUM_AT = PREFIX_BYTES;

/** Writes a delta: magic, length of the header, SHA-256 of the rest, header, body. @param sha256 of bytes */
export function encodeDeltaBlock(
  { header, body }: DeltaBlock,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const json = new TextEncoder().encode(canonicalJson(header as unknown as Json));
  const bytes = new Uint8Array(PREFIX_BYTES + HASH_BYTES + json.length + body.length);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, json.length, true);
  bytes.set(json, CHECKSUM_AT + HASH_BYTES);
  bytes.set(body, CHECKSUM_AT + HASH_BYTES + json.length);
  bytes.set(sha256(bytes.subarray(CHECKSUM_AT + HASH_BYTES)), CHECKSUM_AT);
  return bytes;
}

/** Reads a delta without undoing its compression. `DELTA_BLOCK_FORMAT` says what is wrong, `DELTA_BLOCK_LIMIT` what is too much. */
export function decodeDeltaBlock(
  bytes: Uint8Array,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Result<DeltaBlock> {
  const start = CHECKSUM_AT + HASH_BYTES;
  if (bytes.length < start) return malformed('it is cut off');
  if (new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) return malformed('its magic');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (length > DELTA_LIMITS.headerBytes) return exceeded('header', length, DELTA_LIMITS.headerBytes);
  if (bytes.length < start + length) return malformed('it is cut off');
  const sum = sha256(bytes.subarray(start));
  if (sum.some((byte, i) => byte !== bytes[CHECKSUM_AT + i])) return malformed('its bytes are damaged');
  const header = readHeader(bytes.subarray(start, start + length));
  return header.ok ? ok({ header: header.value, body: bytes.subarray(start + length) }) : header;
}

function readHeader(bytes: Uint8Array): Result<DeltaHeader> {
  let value: unknown;
  const text = new TextDecoder().decode(bytes);
  try {
    value = JSON.parse(text);
  } catch {
    return malformed('its header is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed('its header');
  if (Object.keys(value).sort().join() !== MEMBERS) return malformed("its header's members");
  const header = value as DeltaHeader;
  if (header.version !== 1) return malformed('its version');
  for (const member of ['parent', 'parent_payload_hash', 'payload_hash'] as const)
    if (!isHash(header[member])) return malformed(member);
  if (header.payload_hash === header.parent_payload_hash) return malformed('it is its own parent');
  const sections = checkSections(header.sections, header.payload_size);
  if (!sections.ok) return sections;
  return canonicalJson(value as Json) === text ? ok(header) : malformed('its header is not canonical');
}

/** Whether sections cover a payload of that size exactly. Refusals: `DELTA_BLOCK_FORMAT`, `DELTA_BLOCK_LIMIT`. */
export function checkSections(sections: unknown, size: unknown): Result<void> {
  if (!Number.isSafeInteger(size) || (size as number) < 1) return malformed('payload_size');
  if ((size as number) > DELTA_LIMITS.payloadBytes)
    return exceeded('payload', size as number, DELTA_LIMITS.payloadBytes);
  if (!Array.isArray(sections) || sections.length > DELTA_LIMITS.sections) return malformed('sections');
  let end = 0;
  for (const section of sections as unknown[]) {
    if (!isSection(section)) return malformed('a section');
    end += section.length;
  }
  return end === size ? ok() : malformed(`its sections end at byte ${end} of ${String(size)}`);
}

function isSection(value: unknown): value is DeltaSection {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== 'kind,length')
    return false;
  const { kind, length } = value as DeltaSection;
  if (!Number.isSafeInteger(length) || length < 1) return false;
  return kind === 'bytes' || (kind === 'int8_tiles' && length % TILE_BYTES === 0);
}

/** The refusal of bytes that are no delta. */
export function malformed(why: string): Result<never> {
  return err(new CodedError('DELTA_BLOCK_FORMAT', `this is no delta block of version 1: ${why}`));
}

function exceeded(what: string, bytes: number, most: number): Result<never> {
  const message = `the ${what} of a delta block has ${bytes} bytes, allowed are ${most}`;
  return err(new CodedError('DELTA_BLOCK_LIMIT', message, { bytes, most }, 413));
}
