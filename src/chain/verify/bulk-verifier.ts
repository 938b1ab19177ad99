import { readFileSync } from 'node:fs';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { checkSignatureNative, HALF_ORDER } from './native-signature.js';

/** A signature to be checked: author's compressed key (hex), the signed bytes, 64-byte compact signature (hex). */
export interface SignedMessage {
  readonly publicKey: string;
  readonly message: Uint8Array;
  readonly signature: string;
}

/** What the compiled verifier (src/chain/verify/assembly) exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  tableBytes(): number;
  laneBytes(): number;
  setTablePoint(table: number, window: number, digit: number, bytes: number): void;
  fillTable(table: number, work: number): void;
  sumLanes(
    count: number,
    scalars: number,
    tableG: number,
    tablesQ: number,
    results: number,
    work: number,
  ): void;
}

/** A signature at work: its place in the caller's list and its author's table. */
interface Lane {
  readonly place: number;
  readonly item: SignedMessage;
  readonly table: number;
}

type Point = typeof secp256k1.Point.BASE;

/** Signatures worked on in step. */
const LANES = 512;
/** Signatures of one author from which a table (about 10 ms) pays for itself. */
const TABLE_WORTH = 32;
/** Authors whose tables are kept, 0.65 MB each. */
const TABLES_LIMIT = 16;
/** Authors whose signatures are counted. */
const AUTHORS_LIMIT = 4096;

const { n: ORDER, p: PRIME } = secp256k1.Point.CURVE();

/**
 * Checks many ECDSA signatures (secp256k1, SHA-256, low S). Authors of many get a table of multiples of their key, and
 * their signatures are checked in WebAssembly with one inversion for hundreds; everything else goes through OpenSSL.
 */
export class BulkVerifier {
  private readonly tables = new Map<string, number>();
  /** Signatures seen of authors without a table. */
  private readonly seen = new Map<string, number>();
  private readonly base: number;
  private readonly work: number;
  private readonly scalars: number;
  private readonly results: number;
  private readonly pointBytes: number;
  private readonly keyTables: number;

  private constructor(private readonly wasm: Exports) {
    this.work = wasm.allocate(LANES * wasm.laneBytes());
    this.scalars = wasm.allocate(LANES * 64);
    this.results = wasm.allocate(LANES * 33);
    this.pointBytes = wasm.allocate(64);
    this.keyTables = wasm.allocate(LANES * 4);
    this.base = this.createTable(secp256k1.Point.BASE);
  }

  /** @param path the compiled verifier, `dist/verifier/secp256k1.wasm` */
  static load(path: string): BulkVerifier {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
      env: {
        abort: () => {
          throw new Error('the signature verifier ran out of memory');
        },
      },
    });
    return new BulkVerifier(exports as unknown as Exports);
  }

  /** Whether each signature is its author's. */
  verify(items: readonly SignedMessage[]): boolean[] {
    const verdicts = items.map(() => false);
    const lanes: Lane[] = [];
    const byAuthor = Map.groupBy(items.keys(), (i) => items[i].publicKey);
    for (const [author, places] of byAuthor) {
      const table = this.tableOf(author, places.length);
      for (const place of places) {
        if (table === null) verdicts[place] = checkOne(items[place]);
        else lanes.push({ place, item: items[place], table });
      }
    }
    for (let first = 0; first < lanes.length; first += LANES) {
      const some = lanes.slice(first, first + LANES);
      const outcome = this.verifySome(some);
      some.forEach(({ place }, i) => (verdicts[place] = outcome[i]));
    }
    return verdicts;
  }

  /** At most `LANES` signatures (SEC 1 §4.1.4): x of (z/s)·G + (r/s)·Q must be r modulo the order. */
  private verifySome(lanes: readonly Lane[]): boolean[] {
    const items = lanes.map(({ item }) => item);
    const parsed = items.map(parse);
    const inverses = invertAll(parsed.map((signature) => signature?.s ?? 1n));
    const scalars = Buffer.alloc(items.length * 64);
    parsed.forEach((signature, i) => {
      if (signature === null) return;
      writeScalar(scalars, i * 64, (signature.z * inverses[i]) % ORDER);
      writeScalar(scalars, i * 64 + 32, (signature.r * inverses[i]) % ORDER);
    });
    const memory = Buffer.from(this.wasm.memory.buffer);
    memory.set(scalars, this.scalars);
    lanes.forEach(({ table }, i) => memory.writeUInt32LE(table, this.keyTables + i * 4));
    this.wasm.sumLanes(items.length, this.scalars, this.base, this.keyTables, this.results, this.work);
    const results = memory.subarray(this.results, this.results + items.length * 33);
    return parsed.map((signature, i) => {
      if (signature === null) return false;
      if (results[i * 33] !== 1) return checkOne(items[i]);
      const x = results.toString('hex', i * 33 + 1, i * 33 + 33);
      return x === items[i].signature.slice(0, 64) || isReduced(signature.r, x);
    });
  }

  /** The author's table; null where too few signatures of the author were seen, or too many authors, to make one. */
  private tableOf(author: string, uses: number): number | null {
    const kept = this.tables.get(author);
    if (kept !== undefined) return kept;
    const seen = uses + (this.seen.get(author) ?? 0);
    if (this.seen.size < AUTHORS_LIMIT) this.seen.set(author, seen);
    if (seen < TABLE_WORTH || this.tables.size >= TABLES_LIMIT) return null;
    const point = decodePoint(author);
    if (point === null) return null;
    const table = this.createTable(point);
    this.tables.set(author, table);
    return table;
  }

  /** The multiples d·256^w·P for every window w and digit d. */
  private createTable(point: Point): number {
    const table = this.wasm.allocate(this.wasm.tableBytes());
    for (let window = 0, at = point; window < 32; window++, at = at.multiplyUnsafe(256n)) {
      this.setPoint(table, window, 1, at);
      this.setPoint(table, window, 2, at.double());
    }
    this.wasm.fillTable(table, this.work);
    return table;
  }

  private setPoint(table: number, window: number, digit: number, point: Point): void {
    Buffer.from(this.wasm.memory.buffer).set(point.toBytes(false).subarray(1), this.pointBytes);
    this.wasm.setTablePoint(table, window, digit, this.pointBytes);
  }
}

function checkOne({ publicKey, message, signature }: SignedMessage): boolean {
  return checkSignatureNative(publicKey, message, signature);
}

interface ParsedSignature {
  readonly r: bigint;
  readonly s: bigint;
  /** The message's hash as a number. */
  readonly z: bigint;
}

/** Null for a signature whose numbers are out of range or whose S is high. */
function parse({ message, signature }: SignedMessage): ParsedSignature | null {
  const high = signature.slice(64);
  if (high > HALF_ORDER) return null;
  const r = BigInt(`0x${signature.slice(0, 64)}`);
  const s = BigInt(`0x${high}`);
  if (r === 0n || s === 0n || r >= ORDER) return null;
  const digest = Buffer.from(nativeSha256(message)).toString('hex');
  return { r, s, z: BigInt(`0x${digest}`) };
}

/** The inverses modulo the order of numbers other than zero, with one inversion (Montgomery 1987, §10.3.1). */
function invertAll(numbers: readonly bigint[]): bigint[] {
  const before: bigint[] = [];
  let product = 1n;
  for (const number of numbers) {
    before.push(product);
    product = (product * number) % ORDER;
  }
  let inverse = secp256k1.Point.Fn.inv(product);
  const inverses: bigint[] = new Array<bigint>(numbers.length);
  for (let i = numbers.length - 1; i >= 0; i--) {
    inverses[i] = (inverse * before[i]) % ORDER;
    inverse = (inverse * numbers[i]) % ORDER;
  }
  return inverses;
}

/** Writes 32 little-endian bytes. */
function writeScalar(target: Buffer, offset: number, scalar: bigint): void {
  for (let word = 0; word < 4; word++)
    target.writeBigUInt64LE((scalar >> BigInt(64 * word)) & 0xffffffffffffffffn, offset + 8 * word);
}

/** Whether x, which is below the prime, is r beyond the order. */
function isReduced(r: bigint, x: string): boolean {
  return r + ORDER < PRIME && BigInt(`0x${x}`) === r + ORDER;
}

function decodePoint(publicKey: string): Point | null {
  try {
    return secp256k1.Point.fromBytes(hexToBytes(publicKey));
  } catch {
    return null;
  }
}
