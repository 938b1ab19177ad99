import { bytesToHex, hexToBytes } from '../../common/index.js';

const DIGESTS = /^(?:[0-9a-f]{64})*$/;
const DIGEST_DIGITS = 64;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Digests as one row: 64 hex digits each, one after another. */
export function digestRow(digests: readonly Uint8Array[]): string {
  return digests.map(bytesToHex).join('');
}

/** An operator's output as one row: base64 of its float32, little-endian. */
export function valueRow(value: Float32Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

/** The digests of a row; null where it is none. */
export function digestsOf(row: string): Uint8Array[] | null {
  if (!DIGESTS.test(row)) return null;
  const count = row.length / DIGEST_DIGITS;
  return Array.from({ length: count }, (_, i) =>
    hexToBytes(row.slice(i * DIGEST_DIGITS, (i + 1) * DIGEST_DIGITS)),
  );
}

/** The float32 of a row; null where it is none. */
export function valueOf(row: string): Float32Array | null {
  if (!BASE64.test(row)) return null;
  const bytes = Buffer.from(row, 'base64');
  if (bytes.length % 4 !== 0) return null;
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
