import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { bytesToHex, merkleLeafHash, merkleRoot, type Json } from '../../common/index.js';
import { secp256k1Signer } from '../../keys/index.js';
import { checkSignatureNative } from '../verify/native-signature.js';
import {
  checkShape,
  checkSignaturePortable,
  decodeHeader,
  digestPayload,
  encodeHeader,
  encodeSignedHeader,
  hashHeader,
  leadingZeroBits,
  mineNonce,
  PAYLOAD_TILE_BYTES,
  PayloadHasher,
  signHeader,
  verifyHeader,
  type BlockHeader,
  type UnsignedBlockHeader,
} from './index.js';

const signer = secp256k1Signer(new Uint8Array(32).fill(9));
const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);

const unsigned: fc.Arbitrary<UnsignedBlockHeader> = fc.record({
  version: fc.constant(1 as const),
  chain_id: fc.constantFrom('A', 'B', 'C', 'D'),
  block_type: fc.constantFrom('expert', 'meta', 'dataset', 'tile_snapshot'),
  prev_hash: fc.option(hex64),
  depends_on: fc.uniqueArray(hex64, { maxLength: 5 }).map((hashes) => hashes.sort()),
  name: fc.option(name),
  layer_id: fc.option(fc.nat(65_535)),
  payload_type: fc.constantFrom('json', 'tensorblock'),
  payload_hash: hex64,
  payload_size: fc.nat(),
  payload_root: hex64,
  metadata: fc.dictionary(
    fc.string({ unit: 'grapheme' }),
    fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
    { maxKeys: 4 },
  ),
  miner_pub: fc.constant(bytesToHex(signer.publicKey)),
  timestamp: fc.nat(),
  nonce: fc.nat(),
});

const block: fc.Arbitrary<BlockHeader> = unsigned.map((header) => signHeader(header, signer));
const runs = { numRuns: 25 };

describe('block headers', () => {
  it('are read back from their bytes, and hash to the hash of their unsigned bytes', () => {
    fc.assert(
      fc.property(block, (header) => {
        expect(decodeHeader(encodeSignedHeader(header))).toEqual({ ok: true, value: header });
        expect(hashHeader(header)).toBe(createHash('sha256').update(encodeHeader(header)).digest('hex'));
        expect(hashHeader({ ...header, signature: '0'.repeat(128) } as BlockHeader)).toBe(hashHeader(header));
        expect(verifyHeader(header)).toMatchObject({ ok: true });
      }),
      runs,
    );
  });

  it('are refused with any byte changed, by decoding, hash or signature', () => {
    fc.assert(
      fc.property(block, fc.nat(), fc.integer({ min: 1, max: 255 }), (header, place, flip) => {
        const bytes = encodeSignedHeader(header);
        bytes[place % bytes.length] ^= flip;
        const decoded = decodeHeader(bytes);
        if (decoded.ok) expect(verifyHeader(decoded.value, { hash: hashHeader(header) }).ok).toBe(false);
        else expect(decoded.error.code).toMatch(/^BLOCK_(SHAPE|METADATA_SIZE)$/);
      }),
      runs,
    );
  });

  it('are read back with keys that engines reorder and text that looks like an escape', () => {
    const metadata = { '1': 1, '10': 2, '2': 3, text: '\\ud800', quote: '"signature":"' };
    const header = signHeader({ ...fc.sample(unsigned, 1)[0], metadata }, signer);
    expect(decodeHeader(encodeSignedHeader(header))).toEqual({ ok: true, value: header });
    const surrogate = new TextDecoder().decode(encodeSignedHeader(header)).replace('\\\\ud800', '\\ud800');
    expect(surrogate).toContain('"\\ud800"');
    expect(decodeHeader(new TextEncoder().encode(surrogate))).toMatchObject({
      error: { code: 'BLOCK_SHAPE' },
    });
  });

  it('are refused with a code, never by a throw, whatever a field holds', () => {
    const field = fc.constantFrom(...(Object.keys(fc.sample(block, 1)[0]) as (keyof BlockHeader)[]));
    fc.assert(
      fc.property(block, field, fc.jsonValue(), (header, name, value) => {
        const outcome = checkShape({ ...header, [name]: value });
        if (!outcome.ok) expect(outcome.error.code).toMatch(/^BLOCK_(SHAPE|METADATA_SIZE)$/);
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => void checkShape(value)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expect(decodeHeader(bytes).ok).toBe(false)),
    );
  });

  it('are refused in any other spelling of the same JSON', () => {
    const header = fc.sample(block, 1)[0];
    const spaced = new TextEncoder().encode(JSON.stringify(header, null, 1));
    expect(decodeHeader(spaced)).toMatchObject({ error: { code: 'BLOCK_SHAPE' } });
    expect(decodeHeader(new Uint8Array([0xff, 0xfe]))).toMatchObject({ error: { code: 'BLOCK_SHAPE' } });
  });

  it('have signatures on which OpenSSL and portable code agree', () => {
    fc.assert(
      fc.property(block, fc.nat(127), fc.constantFrom(...'0123456789abcdef'), (header, place, digit) => {
        const message = encodeHeader(header);
        const changed = header.signature.slice(0, place) + digit + header.signature.slice(place + 1);
        for (const signature of [header.signature, changed]) {
          const agreed = checkSignaturePortable(header.miner_pub, message, signature);
          expect(checkSignatureNative(header.miner_pub, message, signature)).toBe(agreed);
          expect(agreed).toBe(signature === header.signature);
        }
      }),
      runs,
    );
  });

  it('are refused with an author who is no point of the curve', () => {
    const header = fc.sample(block, 1)[0];
    const nobody = `02${'f'.repeat(64)}`;
    for (const checkSignature of [checkSignatureNative, checkSignaturePortable])
      expect(verifyHeader({ ...header, miner_pub: nobody }, { checkSignature })).toMatchObject({
        error: { code: 'BLOCK_SIGNATURE' },
      });
  });

  it('can be mined', () => {
    const header = mineNonce(fc.sample(unsigned, 1)[0], 6)!;
    expect(leadingZeroBits(hashHeader(header))).toBeGreaterThanOrEqual(6);
    expect(mineNonce(header, 200, undefined, 3)).toBeNull();
  });

  it.each([
    ['f'.repeat(64), 0],
    [`1${'f'.repeat(63)}`, 3],
    [`00${'8'.repeat(62)}`, 8],
    ['0'.repeat(64), 256],
  ])('%s has %i leading zero bits', (hash, bits) => expect(leadingZeroBits(hash)).toBe(bits));
});

describe('payload digests', () => {
  it('are the SHA-256 and the tile root, however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.nat(3 * PAYLOAD_TILE_BYTES), fc.integer({ min: 1, max: 400_000 }), (size, step) => {
        const bytes = new Uint8Array(size).map((_, i) => i * 31 + (i >> 9));
        const tiles: Uint8Array[] = [];
        for (let at = 0; at < size; at += PAYLOAD_TILE_BYTES)
          tiles.push(bytes.subarray(at, at + PAYLOAD_TILE_BYTES));
        const hasher = new PayloadHasher(() => createHash('sha256'));
        for (let at = 0; at < size; at += step) hasher.update(bytes.subarray(at, at + step));
        const digest = hasher.digest();
        expect(digest.hash).toBe(createHash('sha256').update(bytes).digest('hex'));
        expect(digest.root).toBe(bytesToHex(merkleRoot(tiles.map((tile) => merkleLeafHash(tile)))));
        expect(digest.size).toBe(size);
      }),
      { numRuns: 10 },
    );
  });

  it('do not depend on whose SHA-256 it is', () => {
    const bytes = new Uint8Array(PAYLOAD_TILE_BYTES + 5).fill(3);
    expect(digestPayload(bytes)).toEqual({
      ...digestPayload(bytes, () => createHash('sha256')),
      leaves: digestPayload(bytes, () => createHash('sha256')).leaves.map((leaf) => new Uint8Array(leaf)),
    });
  });
});
