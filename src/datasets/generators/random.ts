import { sha256Bytes, utf8ToBytes } from '../../common/hash.js';

/**
 * Deterministic random draws: the same seed gives the same draws on every machine. The first four bytes of the seed's
 * SHA-256 start a mulberry32 (T. Ettinger, public domain): 32 bits of state, integer arithmetic only. Not for secrets.
 */
export class Random {
  private state: number;

  constructor(seed: string) {
    this.state = new DataView(sha256Bytes(utf8ToBytes(seed)).buffer).getUint32(0, true);
  }

  /** An integer from `low` to `high`, both included; even enough where the range is far below 2^32. */
  int(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  /** One of the items, of which there is at least one. */
  pick<T>(items: readonly T[]): T {
    return items[this.next() % items.length];
  }

  /** `count` different items in random order; `count` is at most their number. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items];
    return Array.from({ length: count }, () => pool.splice(this.next() % pool.length, 1)[0]);
  }

  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
}
