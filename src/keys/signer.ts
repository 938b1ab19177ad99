import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

/** Signs with an Ed25519 key (RFC 8032). */
export interface Ed25519Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature over a message of any length. */
  sign(message: Uint8Array): Uint8Array;
}

/** An Ed25519 signer by OpenSSL. @param seed 32 bytes, the private key of RFC 8032 */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  const key = ed25519PrivateKey(seed);
  const publicKey = ed25519PublicKey(key);
  return { publicKey, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

/** PKCS#8 framing of a raw Ed25519 seed (RFC 8410 §7). */
function ed25519PrivateKey(seed: Uint8Array): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
}

function ed25519PublicKey(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(-32));
}
