import type { TokenSet } from './token-set.js';

/** Bytes of token sets that are kept, their names included. */
const BUDGET = 16 << 20;

/** Token sets by the place they belong to; those used longest ago make room. */
export class MaskCache {
  private readonly sets = new Map<string, TokenSet>();
  private bytes = 0;

  /** The set under a name, made where it is not kept. Must not be changed. */
  get(name: string, make: () => TokenSet): TokenSet {
    const kept = this.sets.get(name);
    const set = kept ?? make();
    if (kept === undefined) this.bytes += sizeOf(name, set);
    else this.sets.delete(name);
    this.sets.set(name, set);
    for (const [oldest, old] of this.sets) {
      if (this.bytes <= BUDGET || oldest === name) break;
      this.sets.delete(oldest);
      this.bytes -= sizeOf(oldest, old);
    }
    return set;
  }
}

function sizeOf(name: string, set: TokenSet): number {
  return set.byteLength + 2 * name.length;
}
