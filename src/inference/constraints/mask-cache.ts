import type { TokenSet } from './token-set.js';

/** Bytes of masks that are kept, their names included. */
const BUDGET = 16 << 20;

/** The tokens that may follow at a place. */
export interface Mask {
  /** Must not be changed. */
  readonly tokens: TokenSet;
  /** None of them makes more bytes than this necessary beyond those that the place needs. */
  readonly rise: number;
}

/** Masks by the place they belong to; those used longest ago make room. */
export class MaskCache {
  private readonly masks = new Map<string, Mask>();
  private bytes = 0;

  /** The mask under a name, made where it is not kept. */
  get(name: string, make: () => Mask): Mask {
    const kept = this.masks.get(name);
    const mask = kept ?? make();
    if (kept === undefined) this.bytes += sizeOf(name, mask);
    else this.masks.delete(name);
    this.masks.set(name, mask);
    for (const [oldest, old] of this.masks) {
      if (this.bytes <= BUDGET || oldest === name) break;
      this.masks.delete(oldest);
      this.bytes -= sizeOf(oldest, old);
    }
    return mask;
  }
}

function sizeOf(name: string, { tokens }: Mask): number {
  return tokens.byteLength + 2 * name.length;
}
