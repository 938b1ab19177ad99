import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson, type Json } from './canonical-json.js';

export { bytesToHex, hexToBytes, utf8ToBytes };

/** A SHA-256 function; Node injects its native one where speed matters, browsers use `sha256Bytes`. Returns 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const HASH = /^[0-9a-f]{64}$/;

/** Whether a value is a SHA-256 written as 64 lower-case hex digits. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}

/** SHA-256 in portable JavaScript (browser and server); about 200 MB/s. */
export function sha256Bytes(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

/** SHA-256 as 64 hex digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return bytesToHex(sha256(typeof bytes === 'string' ? utf8ToBytes(bytes) : bytes));
}

/** SHA-256 of a text that comes in parts, in portable JavaScript. */
export class RunningHash {
  /** @param inner what it goes on from */
  constructor(private readonly inner: ReturnType<typeof sha256.create> = sha256.create()) {}

  /** Takes the next part. */
  update(text: string): this {
    this.inner.update(utf8ToBytes(text));
    return this;
  }

  /** Another one that goes on from the same place. */
  copy(): RunningHash {
    return new RunningHash(this.inner.clone());
  }

  /** The hash of all parts, 64 hex digits; nothing can be taken after it. */
  hex(): string {
    return bytesToHex(this.inner.digest());
  }
}

/** The hash of a value's canonical JSON, 64 hex digits. */
export function hashJson(value: Json): string {
  return sha256Hex(canonicalJson(value));
}

/** Byte strings joined to one. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
