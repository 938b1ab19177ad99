import type { Sha256 } from './hash.js';
import { merkleNodeHash } from './merkle.js';

/** An RFC 6962 tree over leaf hashes that are all here, for the way of each of them to the root. Takes 64 bytes a leaf. */
export class MerkleTree {
  private constructor(private readonly levels: readonly (readonly Uint8Array[])[]) {}

  /** @param leaves RFC 6962 leaf hashes, at least one */
  static over(leaves: readonly Uint8Array[], sha256: Sha256): MerkleTree {
    let level = leaves;
    const levels = [level];
    while (level.length > 1) {
      const below = level;
      level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
        // The last one of an odd number goes up as it is: that is the tree of RFC 6962.
        2 * i + 1 < below.length ? merkleNodeHash(below[2 * i], below[2 * i + 1], sha256) : below[2 * i],
      );
      levels.push(level);
    }
    return new MerkleTree(levels);
  }

  /** 32 bytes. */
  get root(): Uint8Array {
    return this.levels[this.levels.length - 1][0];
  }

  /** The audit path of a leaf, from the leaf upwards. */
  path(index: number): Uint8Array[] {
    let place = index;
    return this.levels.slice(0, -1).flatMap((level) => {
      const sibling = place % 2 === 0 ? place + 1 : place - 1;
      place = Math.floor(place / 2);
      return sibling < level.length ? [level[sibling]] : [];
    });
  }
}
