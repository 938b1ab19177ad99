import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Signs with a secp256k1 key: ECDSA, RFC 6979 nonces, low S. */
export interface Secp256k1Signer {
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array;
  /** The 64-byte compact signature over SHA-256 of a message. */
  sign(message: Uint8Array): Uint8Array;
  /** The 64-byte compact signature over a digest of 32 bytes. */
  signDigest(digest: Uint8Array): Uint8Array;
}

/**
 * A secp256k1 signer for servers and browsers. Same message, same signature (OpenSSL draws its nonces, so this is the JavaScript one).
 * @param secretKey 32 bytes
 */
export function secp256k1Signer(secretKey: Uint8Array): Secp256k1Signer {
  const signDigest = (digest: Uint8Array) =>
    secp256k1.sign(digest, secretKey, { prehash: false, lowS: true, format: 'compact' });
  return {
    publicKey: secp256k1.getPublicKey(secretKey, true),
    sign: (message) => signDigest(sha256(message)),
    signDigest,
  };
}

/** 32 random bytes that are a valid secret key. */
export function newSecretKey(): Uint8Array {
  return secp256k1.utils.randomSecretKey();
}

/** Whether 32 bytes are a secret key: neither zero nor beyond the order of the group. */
export function isSecretKey(bytes: Uint8Array): boolean {
  return secp256k1.utils.isValidSecretKey(bytes);
}
