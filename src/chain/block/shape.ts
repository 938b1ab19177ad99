import { canonicalJson, type Json } from '../../common/canonical-json.js';
import { CodedError } from '../../common/errors.js';
import { isHash, utf8ToBytes } from '../../common/hash.js';
import { err, ok, type Result } from '../../common/result.js';
import { CHAIN_IDS, HEADER_LIMITS, PAYLOAD_TYPES, type BlockHeader } from './header.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const TYPE = /^[a-z][a-z_]{0,31}$/;
const PUBLIC_KEY = /^0[23][0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

type FieldCheck = (value: unknown) => boolean;

/** What each field of a header must look like by itself; a header has these fields and no others. */
const FIELDS: Readonly<Record<keyof BlockHeader, readonly [FieldCheck, string]>> = {
  version: [(value) => value === 1, '1'],
  chain_id: [(value) => CHAIN_IDS.includes(value as never), 'A, B, C or D'],
  block_type: [(value) => matches(TYPE, value), 'a block type in lower case'],
  prev_hash: [(value) => value === null || isHash(value), 'a hash or null'],
  depends_on: [isHashSet, `at most ${HEADER_LIMITS.dependencies} hashes, sorted and unique`],
  name: [(value) => value === null || matches(NAME, value), 'at most 128 of A-Z a-z 0-9 . _ -, or null'],
  layer_id: [(value) => value === null || isCount(value, 65_535), 'an integer from 0 to 65535, or null'],
  payload_type: [(value) => PAYLOAD_TYPES.includes(value as never), PAYLOAD_TYPES.join(', ')],
  payload_hash: [isHash, 'a hash'],
  payload_size: [(value) => isCount(value, HEADER_LIMITS.payloadBytes), 'a number of bytes up to 64 GiB'],
  payload_root: [isHash, 'a hash'],
  metadata: [isRecord, 'an object'],
  miner_pub: [(value) => matches(PUBLIC_KEY, value), 'a compressed secp256k1 key of 66 hex digits'],
  timestamp: [(value) => isCount(value, HEADER_LIMITS.timestamp), 'milliseconds since the epoch'],
  nonce: [(value) => isCount(value, Number.MAX_SAFE_INTEGER), 'a non-negative integer'],
  signature: [(value) => matches(SIGNATURE, value), 'a signature of 128 hex digits'],
};

const NAMES = Object.keys(FIELDS) as readonly (keyof BlockHeader)[];

/**
 * Whether a value has the shape of a signed header: exactly the known fields, each within its limits.
 * `BLOCK_SHAPE` names the first field that is wrong, `BLOCK_METADATA_SIZE` tells of metadata beyond 64 KiB.
 */
export function checkShape(value: unknown): Result<BlockHeader> {
  const fields = checkFields(value);
  return fields.ok ? checkMetadataSize(fields.value) : fields;
}

/** The same without the size of `metadata` and what in it canonical JSON cannot carry: for whoever knows the header's bytes. */
export function checkFields(value: unknown): Result<BlockHeader> {
  if (!isRecord(value)) return refusal('', 'The block header must be an object.');
  for (const name of NAMES) {
    const [valid, expected] = FIELDS[name];
    if (!Object.hasOwn(value, name)) return refusal(name, `The block header lacks ${name}.`);
    if (!valid(value[name])) return refusal(name, `${name} must be ${expected}.`);
  }
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(FIELDS, name));
  if (unknown !== undefined) return refusal(unknown.slice(0, 64), 'The block header has an unknown field.');
  const header = value as unknown as BlockHeader;
  if (isShallow(header.metadata, HEADER_LIMITS.metadataDepth)) return ok(header);
  return refusal('metadata', `metadata is nested deeper than ${HEADER_LIMITS.metadataDepth}.`);
}

function checkMetadataSize(header: BlockHeader): Result<BlockHeader> {
  let size: number;
  try {
    size = utf8ToBytes(canonicalJson(header.metadata)).length;
  } catch {
    return refusal('metadata', 'metadata holds something that canonical JSON cannot carry.');
  }
  if (size <= HEADER_LIMITS.metadataBytes) return ok(header);
  return err(
    new CodedError(
      'BLOCK_METADATA_SIZE',
      `metadata has ${size} bytes; at most ${HEADER_LIMITS.metadataBytes} are allowed.`,
      { size, limit: HEADER_LIMITS.metadataBytes },
    ),
  );
}

function isShallow(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member: Json) => isShallow(member, depth - 1));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown, limit: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= limit;
}

function isHashSet(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > HEADER_LIMITS.dependencies) return false;
  return value.every((hash, i) => isHash(hash) && (i === 0 || (value[i - 1] as string) < hash));
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function refusal(field: string, message: string): Result<never> {
  return err(new CodedError('BLOCK_SHAPE', message, { field }));
}
