import { secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes } from '../../common/hash.js';
import { encodeHeader } from './codec.js';
import type { BlockHeader, UnsignedBlockHeader } from './header.js';

/** Whoever signs blocks: ECDSA on secp256k1 with SHA-256 over `message`, deterministic (RFC 6979), compact, low S. */
export interface HeaderSigner {
  /** Compressed key, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** @param message the bytes themselves; the signer hashes them  @returns 64 bytes r ‖ s */
  sign(message: Uint8Array): Uint8Array;
}

/** Checks an ECDSA-SHA-256 signature: compressed key, message, 64-byte compact signature that must be low-S. */
export type SignatureCheck = (publicKey: string, message: Uint8Array, signature: string) => boolean;

/** A header signed by its author; `miner_pub` must already be the signer's key. */
export function signHeader(header: UnsignedBlockHeader, signer: HeaderSigner): BlockHeader {
  if (header.miner_pub !== bytesToHex(signer.publicKey))
    throw new Error('A block is signed by the key it names as its author.');
  return { ...header, signature: bytesToHex(signer.sign(encodeHeader(header))) };
}

/** The signature check in portable JavaScript; about 1,000 per second. */
export const checkSignaturePortable: SignatureCheck = (publicKey, message, signature) => {
  try {
    return secp256k1.verify(hexToBytes(signature), message, hexToBytes(publicKey), { lowS: true });
  } catch {
    return false;
  }
};
