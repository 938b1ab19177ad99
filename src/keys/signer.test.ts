import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { bytesToHex, hexToBytes, sha256Bytes } from '../common/index.js';
import { secp256k1Signer } from './secp256k1-signer.js';
import { ed25519Signer } from './signer.js';

describe('signers', () => {
  it('signs as RFC 8032 §7.1 test 3 does', () => {
    const signer = ed25519Signer(
      hexToBytes('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'),
    );
    expect(bytesToHex(signer.publicKey)).toBe(
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    );
    expect(bytesToHex(signer.sign(hexToBytes('af82')))).toBe(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
        '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    );
  });

  it('is verified by another implementation, for any key and message', () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(seed, fc.uint8Array(), (key, message) => {
        const signer = ed25519Signer(key);
        expect(ed25519.verify(signer.sign(message), message, signer.publicKey)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('signs blocks deterministically, low S, over the digest', () => {
    const signer = secp256k1Signer(new Uint8Array(32).fill(7));
    const message = new TextEncoder().encode('header');
    const signature = signer.sign(message);
    expect(signature).toHaveLength(64);
    expect(signer.publicKey).toHaveLength(33);
    expect(signer.sign(message)).toEqual(signature);
    expect(signer.signDigest(sha256Bytes(message))).toEqual(signature);
    const verifies = (digest: Uint8Array) =>
      secp256k1.verify(signature, digest, signer.publicKey, { prehash: false, lowS: true });
    expect(verifies(sha256Bytes(message))).toBe(true);
    expect(verifies(sha256Bytes(signature))).toBe(false);
  });
});
