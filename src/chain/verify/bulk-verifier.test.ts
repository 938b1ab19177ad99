import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { bytesToHex, hexToBytes } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { secp256k1Signer } from '../../keys/index.js';
import { checkSignaturePortable, type SignatureCheck } from '../block/index.js';
import { BulkVerifier, type SignedMessage } from './bulk-verifier.js';
import { checkSignatureNative } from './native-signature.js';
import { PointSums, type Point } from './point-sums.js';
import { checkOneByOne } from './verify-headers.js';

const { BASE, Fn } = secp256k1.Point;
const { n: ORDER, p: PRIME } = secp256k1.Point.CURVE();
const HALF = (ORDER - 1n) / 2n;
const LAST = (1n << 256n) - 1n;
const sums = PointSums.load(join(packageRoot(), 'dist/verifier/secp256k1.wasm'));

const hex = (number: bigint) => number.toString(16).padStart(64, '0');
const numberOf = (digits: string) => BigInt(`0x${digits}`);
const keyOf = (point: Point) => bytesToHex(point.toBytes(true));
/** As often as it takes for an author to get a table. */
const often = <T>(item: T): T[] => Array.from({ length: 32 }, () => item);
const portable = (items: readonly SignedMessage[]) =>
  items.map(({ publicKey, message, signature }) => checkSignaturePortable(publicKey, message, signature));

function messages(count: number, secret: number): SignedMessage[] {
  const signer = secp256k1Signer(new Uint8Array(32).fill(secret));
  return Array.from({ length: count }, (_, i) => {
    const message = createHash('sha512').update(`${secret} ${i}`).digest();
    return { publicKey: bytesToHex(signer.publicKey), message, signature: bytesToHex(signer.sign(message)) };
  });
}

/** A verifier of digests instead of messages, with the portable check for what its tables do not decide. */
function digestVerifier() {
  const oracle: SignatureCheck = (publicKey, digest, signature) => {
    try {
      const options = { prehash: false, lowS: true };
      return secp256k1.verify(hexToBytes(signature), digest, hexToBytes(publicKey), options);
    } catch {
      return false;
    }
  };
  const fallback: SignedMessage[] = [];
  const check: SignatureCheck = (publicKey, message, signature) => {
    fallback.push({ publicKey, message, signature });
    return oracle(publicKey, message, signature);
  };
  return { verifier: new BulkVerifier(sums, check, (digest) => digest), oracle, fallback };
}

/** The key under which r and s sign a number z, for a point of that x: (s·R - z·G) / r; null where it is infinity. */
function recoverKey(R: Point, z: bigint, s: bigint): Point | null {
  const r = R.x % ORDER;
  const key = R.multiply(s).subtract(z % ORDER === 0n ? secp256k1.Point.ZERO : BASE.multiply(z % ORDER));
  return key.is0() ? null : key.multiply(Fn.inv(r));
}

/** The first point whose x is at least (step 1) or at most (step -1) so much. */
function pointNear(x: bigint, step: bigint): Point {
  for (let at = x; ; at += step) {
    try {
      return secp256k1.Point.fromHex(`02${hex(at)}`);
    } catch {
      continue;
    }
  }
}

type Change = (item: SignedMessage, other: SignedMessage, bit: number) => SignedMessage;

const resign = (item: SignedMessage, change: (r: bigint, s: bigint) => readonly [bigint, bigint]) => {
  const [r, s] = change(numberOf(item.signature.slice(0, 64)), numberOf(item.signature.slice(64)));
  return { ...item, signature: hex(r & LAST) + hex(s & LAST) };
};
const flip = (bytes: Uint8Array, bit: number) =>
  bytes.map((byte, i) => (i === (bit >> 3) % bytes.length ? byte ^ (1 << (bit & 7)) : byte));

/** Every way in which a signature, its message or its key can be another; the first leaves it valid. */
const CHANGES: readonly Change[] = [
  (item) => item,
  (item, _, bit) => ({ ...item, signature: bytesToHex(flip(hexToBytes(item.signature), bit)) }),
  (item, _, bit) => ({ ...item, message: flip(item.message, bit) }),
  (item, _, bit) => ({ ...item, publicKey: bytesToHex(flip(hexToBytes(item.publicKey), bit)) }),
  (item) => ({ ...item, publicKey: `0${item.publicKey[1] === '2' ? 3 : 2}${item.publicKey.slice(2)}` }),
  (item, other) => ({ ...item, publicKey: other.publicKey }),
  (item, other) => ({ ...item, message: other.message }),
  (item, other) => ({ ...item, signature: other.signature }),
  (item, other) => ({ ...item, signature: item.signature.slice(0, 64) + other.signature.slice(64) }),
  (item) => resign(item, (r, s) => [r, ORDER - s]),
  (item) => resign(item, (r, s) => [ORDER - r, s]),
  (item) => resign(item, (r, s) => [s, r]),
  (item) => resign(item, (r, s) => [r + ORDER, s]),
  (item) => resign(item, (r, s) => [r, s + ORDER]),
  (item, _, bit) => resign(item, (_r, s) => [[0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, LAST][bit % 6], s]),
  (item, _, bit) => resign(item, (r) => [r, [0n, 1n, HALF, HALF + 1n, ORDER - 1n, ORDER, LAST][bit % 7]]),
];

describe('bulk verification', () => {
  it('gives the verdicts of noble and of OpenSSL on signatures changed in every way', () => {
    const verifier = new BulkVerifier(sums);
    const pool = [3, 4, 5, 6].flatMap((secret) => messages(32, secret));
    const negated = pool.map((item) => CHANGES[4](item, item, 0));
    expect(verifier.verify(pool)).not.toContain(false);
    expect(verifier.verify(negated)).not.toContain(true);
    const item = fc.record({
      at: fc.nat(pool.length - 1),
      other: fc.nat(pool.length - 1),
      change: fc.nat(CHANGES.length - 1),
      bit: fc.nat(511),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 24 }), (choices) => {
        const items = choices.map(({ at, other, change, bit }) =>
          CHANGES[change](pool[at], pool[other], bit),
        );
        const verdicts = verifier.verify(items);
        expect(verdicts).toEqual(portable(items));
        expect(verdicts).toEqual(checkOneByOne(items));
        choices.forEach(({ change }, i) => change === 0 && expect(verdicts[i]).toBe(true));
      }),
      { numRuns: 300, interruptAfterTimeLimit: 8_000, markInterruptAsFailure: false },
    );
  });

  it('keeps batches apart that are larger than what is worked on at once', () => {
    const verifier = new BulkVerifier(sums);
    const pool = [7, 8].flatMap((secret) => messages(40, secret));
    const items = Array.from({ length: 1100 }, (_, i) => ({ ...pool[i % 80], wrong: i % 37 === 5 }));
    const spoiled = items.map((item) => (item.wrong ? CHANGES[2](item, item, 9) : item));
    expect(verifier.verify(spoiled)).toEqual(items.map(({ wrong }) => !wrong));
  });

  it('keeps only so many tables', () => {
    const verifier = new BulkVerifier(sums);
    for (let secret = 10; secret < 30; secret++)
      expect(verifier.verify(messages(33, secret))).not.toContain(false);
  });

  it('refuses, like the single check, whatever is not compact lower-case hex under a compressed key', () => {
    const [valid] = messages(1, 3);
    const { publicKey, signature } = valid;
    const point = secp256k1.Point.fromHex(publicKey);
    const wrong: SignedMessage[] = [
      ...['', '00', signature.slice(2), `${signature}00`, `0x${signature.slice(2)}`, 'g'.repeat(128)].map(
        (changed) => ({ ...valid, signature: changed }),
      ),
      { ...valid, signature: signature.toUpperCase() },
      { ...valid, signature: signature.slice(0, 64) + hex(HALF + (1n << 240n)).toUpperCase() },
      ...['', publicKey.slice(2), `04${publicKey.slice(2)}`, `00${publicKey.slice(2)}`, '00'].map(
        (changed) => ({
          ...valid,
          publicKey: changed,
        }),
      ),
      { ...valid, publicKey: bytesToHex(point.toBytes(false)) },
      { ...valid, publicKey: `0${6 + Number(point.y & 1n)}${bytesToHex(point.toBytes(false)).slice(2)}` },
      { ...valid, publicKey: publicKey.toUpperCase().replace('0', '0 ') },
    ];
    const known = messages(32, 3);
    for (const item of wrong) {
      const verdicts = new BulkVerifier(sums).verify([...known, ...often(item)]);
      expect([item.publicKey, item.signature, ...verdicts.slice(32)]).not.toContain(true);
      expect(verdicts.slice(0, 32)).not.toContain(false);
      expect(checkSignatureNative(item.publicKey, item.message, item.signature)).toBe(false);
    }
  });

  it('refuses keys that are no point: beyond the prime, not on the curve, zero', () => {
    const [valid] = messages(1, 3);
    const off = [...Array(20).keys()].map(BigInt).find((x) => {
      const square = x ** 3n + 7n;
      return secp256k1.Point.Fp.pow(square, (PRIME - 1n) / 2n) === PRIME - 1n;
    })!;
    for (const x of [off, 0n, PRIME, PRIME + 1n, LAST])
      for (const prefix of ['02', '03']) {
        const items = often({ ...valid, publicKey: prefix + hex(x) });
        expect(new BulkVerifier(sums).verify(items)).not.toContain(true);
        expect(checkOneByOne(items.slice(0, 1))).toEqual([false]);
      }
  });
});

describe('edges of the numbers in a signature', () => {
  const EDGES = [0n, 1n, 2n, HALF, HALF + 1n, ORDER - 1n, ORDER, ORDER + 1n, LAST];
  const DIGESTS = [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, LAST];

  it('are judged like noble judges them, and by the tables', () => {
    const { verifier, oracle, fallback } = digestVerifier();
    const publicKey = keyOf(BASE.multiply(0x1234567n));
    const items = EDGES.flatMap((r) =>
      EDGES.flatMap((s) =>
        DIGESTS.map((z) => ({ publicKey, message: hexToBytes(hex(z)), signature: hex(r) + hex(s) })),
      ),
    );
    const wanted = items.map((item) => oracle(item.publicKey, item.message, item.signature));
    expect(verifier.verify(items)).toEqual(wanted);
    expect(fallback).toEqual([]);
  });

  it('are valid where a key exists for them: s from 1 to half the order, any digest, none of the rest', () => {
    const R = pointNear(1n, 1n);
    for (const z of DIGESTS)
      for (const s of [1n, HALF, HALF + 1n, ORDER - 1n]) {
        const { verifier, fallback } = digestVerifier();
        const publicKey = keyOf(recoverKey(R, z, s)!);
        const item = { publicKey, message: hexToBytes(hex(z)), signature: hex(R.x) + hex(s) };
        const again = [0n, ORDER].map((more) => ({ ...item, signature: hex(R.x + more) + hex(s) }));
        const equal = z >= ORDER || z + ORDER <= LAST ? (z >= ORDER ? z - ORDER : z + ORDER) : z;
        const reduced = { ...item, message: hexToBytes(hex(equal)) };
        const verdicts = verifier.verify([...often(item), ...again, reduced]);
        expect(verdicts).toEqual([...often(s <= HALF), s <= HALF, false, s <= HALF]);
        expect(fallback).toEqual([]);
      }
  });

  it('let the sum lie beyond the order, where r is its remainder', () => {
    const beyond = [pointNear(ORDER, 1n), pointNear(ORDER + 1n, 1n), pointNear(PRIME - 1n, -1n)];
    for (const R of beyond.filter(({ x }) => x !== ORDER))
      for (const secret of [5n, HALF - 5n]) {
        const message = Buffer.from(`beyond ${secret}`);
        const z = numberOf(createHash('sha256').update(message).digest('hex'));
        const item = { publicKey: keyOf(recoverKey(R, z, secret)!), message, signature: '' };
        const right = { ...item, signature: hex(R.x - ORDER) + hex(secret) };
        const wrong = [R.x, R.x - ORDER + 1n].map((r) => ({ ...item, signature: hex(r) + hex(secret) }));
        const items = [...often(right), ...wrong];
        const verdicts = new BulkVerifier(sums).verify(items);
        expect(verdicts).toEqual([...often(true), false, false]);
        expect(verdicts).toEqual(checkOneByOne(items));
        expect(verdicts).toEqual(portable(items));
      }
  });
});

describe('sums that meet equal points', () => {
  /** A valid signature, if one of low S exists, with u1·G + u2·Q = R for the key of that secret. */
  function sign(first: bigint, second: bigint, secret: bigint): SignedMessage | null {
    const total = Fn.create(first + second * secret);
    if (total === 0n) return null;
    const r = BASE.multiply(total).x % ORDER;
    const s = Fn.mul(r, Fn.inv(second));
    if (s > HALF) return null;
    const publicKey = keyOf(BASE.multiply(secret));
    return { publicKey, message: hexToBytes(hex(Fn.mul(first, s))), signature: hex(r) + hex(s) };
  }

  /** `low` are the digits of u2 below the window, whose point meets the sum so far, or its negative. */
  const CASES = [0, 1, 17, 31].flatMap((window) =>
    [1n, -1n].flatMap((sign) =>
      [1n, 255n].map((digit) => ({ sign, step: (digit << BigInt(8 * window)) % ORDER, window })),
    ),
  );

  it.each(CASES)(
    'are right in window $window with sign $sign, step $step',
    ({ sign: plus, step, window }) => {
      const { verifier, fallback } = digestVerifier();
      let found: SignedMessage | null = null;
      for (let first = 3n; found === null && first < 60n; first++) {
        const low = window === 0 ? 0n : (first * 7n) & 255n;
        const high = window === 31 ? 0n : 1n << 248n;
        const secret = Fn.mul(first, Fn.inv(Fn.create(plus * step - low)));
        found = step + low + high < ORDER ? sign(first, step + low + high, secret) : null;
      }
      if (found === null) return expect([plus, window]).toEqual([-1n, 31]);
      const neighbours = Array.from({ length: 31 }, () => ({ ...found, signature: hex(5n) + hex(7n) }));
      expect(verifier.verify([...neighbours.slice(9), found, ...neighbours.slice(0, 9)])).toEqual(
        [...neighbours.slice(9), found, ...neighbours.slice(0, 9)].map((item) => item === found),
      );
      expect(fallback).toEqual([found]);
    },
  );

  it('refuse a sum that is infinity, whatever r is', () => {
    for (const [first, second] of [
      [5n, 3n],
      [ORDER - 1n, 1n],
      [HALF, 255n << 240n],
    ]) {
      const { verifier, oracle, fallback } = digestVerifier();
      const publicKey = keyOf(BASE.multiply(Fn.neg(Fn.mul(first, Fn.inv(second)))));
      const items = Array.from({ length: 80 }, (_, i) => BigInt(i + 1))
        .map((r) => ({ r, s: Fn.mul(r, Fn.inv(second)) }))
        .filter(({ s }) => s <= HALF)
        .map(({ r, s }) => ({
          publicKey,
          message: hexToBytes(hex(Fn.mul(first, s))),
          signature: hex(r) + hex(s),
        }));
      if (items.length < 32) items.push(...often(items[0]));
      expect(verifier.verify(items)).toEqual(items.map(() => false));
      expect(fallback.length).toBe(items.length);
      expect(oracle(items[0].publicKey, items[0].message, items[0].signature)).toBe(false);
    }
  });
});
