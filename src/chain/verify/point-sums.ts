import { readFileSync } from 'node:fs';
import { secp256k1 } from '@noble/curves/secp256k1.js';

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

/** A point of the curve. */
export type Point = typeof secp256k1.Point.BASE;

/** The sum `first`·G + `second`·Q to be formed; both scalars below 2^256, `table` that of Q. */
export interface PointSum {
  readonly first: bigint;
  readonly second: bigint;
  readonly table: number;
}

/** Sums that can be formed at once. */
export const LANES = 512;

/** Sums of multiples of the base point and of other points, in WebAssembly, from tables of their multiples. */
export class PointSums {
  private readonly base: number;
  private readonly work: number;
  private readonly scalars: number;
  private readonly results: number;
  private readonly pointBytes: number;
  private readonly tables: number;

  private constructor(private readonly wasm: Exports) {
    this.work = wasm.allocate(LANES * wasm.laneBytes());
    this.scalars = wasm.allocate(LANES * 64);
    this.results = wasm.allocate(LANES * 33);
    this.pointBytes = wasm.allocate(64);
    this.tables = wasm.allocate(LANES * 4);
    this.base = this.createTable(secp256k1.Point.BASE);
  }

  /** @param path the compiled verifier, `dist/verifier/secp256k1.wasm` */
  static load(path: string): PointSums {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
      env: {
        abort: () => {
          throw new Error('the signature verifier ran out of memory');
        },
      },
    });
    return new PointSums(exports as unknown as Exports);
  }

  /** The multiples d·256^w·P for every window w and digit d (0.65 MB, about 10 ms); P must not be infinity. */
  createTable(point: Point): number {
    const table = this.wasm.allocate(this.wasm.tableBytes());
    for (let window = 0, at = point; window < 32; window++, at = at.multiplyUnsafe(256n)) {
      this.setPoint(table, window, 1, at);
      this.setPoint(table, window, 2, at.double());
    }
    this.wasm.fillTable(table, this.work);
    return table;
  }

  /**
   * The x coordinates (64 hex digits, below the prime) of at most `LANES` sums. Null where the way to a sum meets two
   * points of equal x, or where both scalars are zero: whether that sum is a point is then not known.
   */
  sum(sums: readonly PointSum[]): (string | null)[] {
    if (sums.length > LANES) throw new Error('too many sums at once');
    const memory = Buffer.from(this.wasm.memory.buffer);
    sums.forEach(({ first, second, table }, i) => {
      writeScalar(memory, this.scalars + i * 64, first);
      writeScalar(memory, this.scalars + i * 64 + 32, second);
      memory.writeUInt32LE(table, this.tables + i * 4);
    });
    this.wasm.sumLanes(sums.length, this.scalars, this.base, this.tables, this.results, this.work);
    return sums.map((_, i) => {
      const at = this.results + i * 33;
      return memory[at] === 1 ? memory.toString('hex', at + 1, at + 33) : null;
    });
  }

  private setPoint(table: number, window: number, digit: number, point: Point): void {
    Buffer.from(this.wasm.memory.buffer).set(point.toBytes(false).subarray(1), this.pointBytes);
    this.wasm.setTablePoint(table, window, digit, this.pointBytes);
  }
}

/** Writes 32 little-endian bytes. */
function writeScalar(target: Buffer, offset: number, scalar: bigint): void {
  for (let word = 0; word < 4; word++)
    target.writeBigUInt64LE((scalar >> BigInt(64 * word)) & 0xffffffffffffffffn, offset + 8 * word);
}
