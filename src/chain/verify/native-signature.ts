import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '../../common/index.js';
import type { SignatureCheck } from '../block/index.js';

/** Half of the group's order: a low S is at most this (SEC 2 §2.4.1; the rule of BIP 62). */
export const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
const PUBLIC_KEY = /^0[23][0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;
/** Authors whose keys are kept ready. */
const KEYS_LIMIT = 1024;

const keys = new Map<string, KeyObject | null>();

/**
 * Whether a key is compressed and a signature compact, both in lower-case hex. Without this a signature in capitals could
 * pass for low S, as the order of strings is that of numbers only for digits of one case and one length.
 */
export function isWellFormed(publicKey: string, signature: string): boolean {
  return PUBLIC_KEY.test(publicKey) && SIGNATURE.test(signature);
}

/** The signature check by OpenSSL; about four times as fast as the portable one. */
export const checkSignatureNative: SignatureCheck = (publicKey, message, signature) => {
  if (!isWellFormed(publicKey, signature) || signature.slice(64) > HALF_ORDER) return false;
  const key = keyOf(publicKey);
  if (key === null) return false;
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'hex'));
};

function keyOf(publicKey: string): KeyObject | null {
  let key = keys.get(publicKey);
  if (key === undefined) {
    key = importKey(publicKey);
    if (keys.size >= KEYS_LIMIT) keys.delete(keys.keys().next().value!);
    keys.set(publicKey, key);
  }
  return key;
}

/** The key as OpenSSL wants it; null when the bytes are no point of the curve. */
function importKey(publicKey: string): KeyObject | null {
  try {
    const point = secp256k1.Point.fromBytes(hexToBytes(publicKey)).toBytes(false);
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    return createPublicKey({ key: { kty: 'EC', crv: 'secp256k1', x, y }, format: 'jwk' });
  } catch {
    return null;
  }
}
