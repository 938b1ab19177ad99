import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { packageRoot } from '../../common/installation.js';
import { LANES, PointSums, type Point, type PointSum } from './point-sums.js';

const { BASE } = secp256k1.Point;
const { n: ORDER, p: PRIME } = secp256k1.Point.CURVE();
const folder = mkdtempSync(join(tmpdir(), 'stemma-assembly-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles the source as it is now, whatever was built before. */
function compile(name: string): string {
  const file = join(folder, `${name}.wasm`);
  const compiler = join(packageRoot(), 'node_modules/assemblyscript/bin/asc.js');
  const source = `src/chain/verify/assembly/${name}.ts`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [compiler, source, `--outFile=${file}`, '--optimizeLevel=3', '--noAssert', '--runtime=stub'],
    { cwd: packageRoot(), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return file;
}

interface Field {
  readonly memory: WebAssembly.Memory;
  mul(r: number, a: number, b: number): void;
  square(r: number, a: number): void;
  subtract(r: number, a: number, b: number): void;
  weaken(a: number): void;
  normalize(a: number): void;
  isZero(a: number): number;
  inverse(r: number, a: number): void;
  fromBytes(r: number, bytes: number): void;
  toBytes(bytes: number, a: number): void;
}

/** Limbs of an element within a bound, extreme ones above all. */
function limbs(bound: number, top: number) {
  const limb = (limit: number) =>
    fc.oneof(fc.constantFrom(0, 1, limit, limit - 1), fc.integer({ min: 0, max: limit }));
  return fc
    .tuple(fc.array(limb(bound), { minLength: 9, maxLength: 9 }), limb(top))
    .map(([low, high]) => [...low, high]);
}

const valueOf = (element: Iterable<number>) =>
  [...element].reduce((sum, limb, i) => sum + (BigInt(limb) << BigInt(26 * i)), 0n);
const limbsOf = (value: bigint) =>
  Array.from({ length: 10 }, (_, i) => Number((value >> BigInt(26 * i)) & 0x3ffffffn));
const reduced = (value: bigint) => ((value % PRIME) + PRIME) % PRIME;

/** What additions work with: sums and differences, results, and the fringes of p. */
const loose = fc.oneof(limbs(2 ** 29, 2 ** 25), limbs(2 ** 26 + 1, 2 ** 22 - 1));
const tight = limbs(2 ** 26 + 1, 2 ** 22 + 8);
const fringe = fc
  .tuple(fc.constantFrom(0n, PRIME, 2n * PRIME, 1n << 256n), fc.bigInt({ min: -3n, max: 3n }))
  .map(([base, offset]) => limbsOf(base + offset < 0n ? 0n : base + offset));

describe('field arithmetic', () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(compile('field'))), {
    env: { abort: () => undefined },
  });
  const field = exports as unknown as Field;
  const start = field.memory.grow(1) * 65_536;
  const [A, B, R, BYTES] = [start, start + 64, start + 128, start + 192];
  const view = (at: number) => new Uint32Array(field.memory.buffer, at, 10);

  it('multiplies, squares, subtracts and normalizes like integers modulo p, up to the largest limbs', () => {
    fc.assert(
      fc.property(
        fc.oneof(loose, fringe),
        fc.oneof(loose, fringe),
        fc.oneof(tight, fringe),
        (a, b, small) => {
          const [x, y, z] = [a, b, small].map(valueOf);
          view(A).set(a);
          view(B).set(b);
          field.mul(R, A, B);
          expect(reduced(valueOf(view(R)))).toBe(reduced(x * y));
          expect(Math.max(...view(R))).toBeLessThanOrEqual(2 ** 26 + 1);
          expect(view(R)[9]).toBeLessThan(2 ** 22);
          field.square(R, A);
          expect(reduced(valueOf(view(R)))).toBe(reduced(x * x));
          expect(Math.max(...view(R))).toBeLessThanOrEqual(2 ** 26 + 1);
          view(B).set(small);
          field.subtract(R, A, B);
          expect(reduced(valueOf(view(R)))).toBe(reduced(x - z));
          field.weaken(R);
          expect(reduced(valueOf(view(R)))).toBe(reduced(x - z));
          expect(Math.max(...view(R))).toBeLessThanOrEqual(2 ** 26 - 1);
          field.normalize(R);
          expect(valueOf(view(R))).toBe(reduced(x - z));
          field.subtract(R, B, B);
          expect(field.isZero(R)).toBe(1);
          field.normalize(A);
          expect(valueOf(view(A))).toBe(reduced(x));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('inverts, reads and writes', () => {
    fc.assert(
      fc.property(fc.oneof(loose, fringe), (a) => {
        view(A).set(a);
        field.inverse(R, A);
        field.mul(B, R, A);
        field.normalize(B);
        expect(valueOf(view(B))).toBe(reduced(valueOf(a)) === 0n ? 0n : 1n);
        field.toBytes(BYTES, A);
        const bytes = Buffer.from(field.memory.buffer, BYTES, 32);
        expect(BigInt(`0x${bytes.toString('hex')}`)).toBe(reduced(valueOf(a)));
        field.fromBytes(R, BYTES);
        expect(valueOf(view(R))).toBe(reduced(valueOf(a)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('sums of points', () => {
  const sums = PointSums.load(compile('index'));
  const secrets = [1n, 2n, ORDER - 1n, 256n, 0x1234567890abcdefn ** 4n % ORDER];
  const keys = secrets.map((secret) => {
    const point: Point = BASE.multiply(secret);
    return { secret, table: sums.createTable(point) };
  });
  const scalar = fc.oneof(
    fc.bigInt({ min: 0n, max: ORDER - 1n }),
    fc.constantFrom(0n, 1n, 2n, 255n, 256n, ORDER - 1n, ORDER - 2n, (ORDER - 1n) / 2n, (ORDER + 1n) / 2n),
    fc
      .tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 0, max: 30 }))
      .map(([digit, window]) => BigInt(digit) << BigInt(8 * window)),
  );
  const lane = fc.record({ first: scalar, second: scalar, key: fc.nat(keys.length - 1) });

  function expected(first: bigint, second: bigint, secret: bigint): string | null {
    const total = (first + second * secret) % ORDER;
    return total === 0n ? null : BASE.multiply(total).x.toString(16).padStart(64, '0');
  }

  /** Whether the way to the sum meets a point and itself or its negative: found by following the discrete logarithms. */
  function isOdd({ first, second }: PointSum, secret: bigint): boolean {
    let lane: bigint | null = null;
    for (let place = 0; place < 64; place++) {
      const digit = ((place < 32 ? first : second) >> BigInt(8 * (place % 32))) & 255n;
      if (digit === 0n) continue;
      const step = ((digit << BigInt(8 * (place % 32))) * (place < 32 ? 1n : secret)) % ORDER;
      if (lane === step || (lane !== null && (lane + step) % ORDER === 0n)) return true;
      lane = ((lane ?? 0n) + step) % ORDER;
    }
    return lane === null;
  }

  it('are those of the curve, or left open exactly where equal points meet', () => {
    let open = 0;
    fc.assert(
      fc.property(fc.array(lane, { minLength: 1, maxLength: 24 }), (lanes) => {
        const wanted = lanes.map(({ first, second, key }) => ({ first, second, table: keys[key].table }));
        sums.sum(wanted).forEach((x, i) => {
          const { secret } = keys[lanes[i].key];
          if (isOdd(wanted[i], secret)) {
            open++;
            expect(x).toBeNull();
          } else expect(x).toBe(expected(wanted[i].first, wanted[i].second, secret));
        });
      }),
      { numRuns: 150, interruptAfterTimeLimit: 8_000, markInterruptAsFailure: false },
    );
    expect(open).toBeGreaterThan(0);
  });

  it('hold in a full batch, and a sum too many is a bug', () => {
    const { table, secret } = keys[4];
    const wanted = Array.from({ length: LANES }, (_, i) => ({ first: BigInt(i), second: BigInt(i), table }));
    const found = sums.sum(wanted);
    for (const i of [0, 1, 255, 256, LANES - 1])
      expect(found[i]).toBe(i === 0 ? null : expected(BigInt(i), BigInt(i), secret));
    expect(() => sums.sum([...wanted, wanted[0]])).toThrow('too many sums');
    expect(sums.sum([])).toEqual([]);
  });
});
