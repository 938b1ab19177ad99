import { secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes, type Sha256 } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SignatureCheck } from '../block/index.js';
import { checkSignatureNative, HALF_ORDER, isWellFormed } from './native-signature.js';
import { LANES, PointSums, type Point } from './point-sums.js';

/** A signature to be checked: author's compressed key (hex), the signed bytes, 64-byte compact signature (hex). */
export interface SignedMessage {
  readonly publicKey: string;
  readonly message: Uint8Array;
  readonly signature: string;
}

/** A signature at work: its place in the caller's list and its author's table. */
interface Lane {
  readonly place: number;
  readonly item: SignedMessage;
  readonly table: number;
}

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

  /**
   * @param checkOne whoever decides where tables do not  @param sha256 the hash of a message; both must agree on it
   */
  constructor(
    private readonly sums: PointSums,
    private readonly checkOne: SignatureCheck = checkSignatureNative,
    private readonly sha256: Sha256 = nativeSha256,
  ) {}

  /** @param path the compiled verifier, `dist/verifier/secp256k1.wasm` */
  static load(path: string): BulkVerifier {
    return new BulkVerifier(PointSums.load(path));
  }

  /** Whether each signature is its author's. */
  verify(items: readonly SignedMessage[]): boolean[] {
    const verdicts = items.map(() => false);
    const lanes: Lane[] = [];
    const byAuthor = Map.groupBy(items.keys(), (i) => items[i].publicKey);
    for (const [author, places] of byAuthor) {
      const table = this.tableOf(author, places.length);
      for (const place of places) {
        if (table === null) verdicts[place] = this.fallBack(items[place]);
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
    const parsed = lanes.map(({ item }) => this.parse(item));
    const inverses = invertAll(parsed.map((signature) => signature?.s ?? 1n));
    const sums = this.sums.sum(
      parsed.map((signature, i) => ({
        first: signature === null ? 0n : (signature.z * inverses[i]) % ORDER,
        second: signature === null ? 0n : (signature.r * inverses[i]) % ORDER,
        table: lanes[i].table,
      })),
    );
    return parsed.map((signature, i) => {
      if (signature === null) return false;
      const [x, { item }] = [sums[i], lanes[i]];
      if (x === null) return this.fallBack(item);
      return x === item.signature.slice(0, 64) || isReduced(signature.r, x);
    });
  }

  private fallBack({ publicKey, message, signature }: SignedMessage): boolean {
    return this.checkOne(publicKey, message, signature);
  }

  /** Null for a signature that is malformed, whose numbers are out of range or whose S is high. */
  private parse({ publicKey, message, signature }: SignedMessage): ParsedSignature | null {
    if (!isWellFormed(publicKey, signature)) return null;
    const high = signature.slice(64);
    if (high > HALF_ORDER) return null;
    const r = BigInt(`0x${signature.slice(0, 64)}`);
    const s = BigInt(`0x${high}`);
    if (r === 0n || s === 0n || r >= ORDER) return null;
    return { r, s, z: BigInt(`0x${bytesToHex(this.sha256(message))}`) };
  }

  /** The author's table; null where too few signatures of the author were seen, or too many authors, to make one. */
  private tableOf(author: string, uses: number): number | null {
    const kept = this.tables.get(author);
    if (kept !== undefined) return kept;
    const before = this.seen.get(author);
    const seen = uses + (before ?? 0);
    if (before !== undefined || this.seen.size < AUTHORS_LIMIT) this.seen.set(author, seen);
    if (seen < TABLE_WORTH || this.tables.size >= TABLES_LIMIT) return null;
    const point = decodePoint(author);
    if (point === null) return null;
    const table = this.sums.createTable(point);
    this.tables.set(author, table);
    this.seen.delete(author);
    return table;
  }
}

interface ParsedSignature {
  readonly r: bigint;
  readonly s: bigint;
  /** The message's hash as a number. */
  readonly z: bigint;
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
