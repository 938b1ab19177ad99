import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex } from '../../common/index.js';
import { packageRoot } from '../../config/index.js';
import { secp256k1Signer } from '../../keys/index.js';
import { BulkVerifier, type SignedMessage } from './bulk-verifier.js';
import { checkOneByOne } from './verify-headers.js';

const path = join(packageRoot(), 'dist/verifier/secp256k1.wasm');
const ORDER = secp256k1.Point.CURVE().n;
const hex = (number: bigint) => number.toString(16).padStart(64, '0');

function messages(count: number, secret: number): SignedMessage[] {
  const signer = secp256k1Signer(new Uint8Array(32).fill(secret));
  return Array.from({ length: count }, (_, i) => {
    const message = createHash('sha512').update(`${secret} ${i}`).digest();
    return { publicKey: bytesToHex(signer.publicKey), message, signature: bytesToHex(signer.sign(message)) };
  });
}

/** Every way in which a signature can be wrong, spread over valid ones. */
function spoil(item: SignedMessage, i: number, all: readonly SignedMessage[]): SignedMessage {
  const [r, s] = [item.signature.slice(0, 64), item.signature.slice(64)];
  const spoiled = [
    item.signature,
    `${s.startsWith('0') ? '1' : '0'}${item.signature.slice(1)}`,
    r + hex(ORDER - BigInt(`0x${s}`)),
    r + hex(0n),
    hex(0n) + s,
    hex(ORDER) + s,
    'f'.repeat(64) + s,
    all[(i + 1) % all.length].signature,
    hex(1n) + hex(1n),
  ];
  return { ...item, signature: spoiled[i % spoiled.length] };
}

const build = existsSync(path) ? describe : describe.skip;

build('bulk verification', () => {
  const verifier = BulkVerifier.load(path);

  it('gives the verdicts of OpenSSL, for many and few authors, for right and wrong signatures', () => {
    const many = messages(300, 3).map(spoil);
    const few = messages(20, 4).map(spoil);
    const nobody = messages(40, 5).map((item) => ({ ...item, publicKey: `02${'f'.repeat(64)}` }));
    const items = [...many, ...few, ...nobody].sort((a, b) => a.signature.localeCompare(b.signature));
    const verdicts = verifier.verify(items);
    expect(verdicts).toEqual(checkOneByOne(items));
    expect(verdicts.filter(Boolean).length).toBeGreaterThan(30);
  });

  it('gets sums right that pass through equal points', () => {
    const own = secp256k1Signer(Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0)));
    const publicKey = bytesToHex(own.publicKey);
    expect(publicKey).toBe(bytesToHex(secp256k1.Point.BASE.toBytes(true)));
    const items = Array.from({ length: 64 }, (_, i) => {
      const message = Uint8Array.of(i);
      return { publicKey, message, signature: bytesToHex(own.sign(message)) };
    });
    const digest = BigInt(`0x${createHash('sha256').update(Uint8Array.of(0)).digest('hex')}`);
    const equalScalars = { ...items[0], signature: hex(digest % ORDER) + hex(1n) };
    const all = [...items, equalScalars];
    expect(verifier.verify(all)).toEqual(checkOneByOne(all));
    expect(verifier.verify(items)).not.toContain(false);
  });

  it('keeps only so many tables', () => {
    for (let secret = 10; secret < 30; secret++)
      expect(verifier.verify(messages(33, secret))).not.toContain(false);
  });
});
