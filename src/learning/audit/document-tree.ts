import { merkleLeafHash, merkleNodeHash, type Sha256 } from '../../common/index.js';
import type { TokenSequence } from '../trainer/batch.js';

/** Bytes of a number in the encoding of a document. */
const WORD = 4;

/**
 * The hash of a document as it was learnt (docs/formats/training-manifest.md): SHA-256 over `firstTarget`, the number of tokens and the
 * tokens, each as an unsigned little-endian 32-bit word.
 */
export function documentHash({ ids, firstTarget }: TokenSequence, sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array((ids.length + 2) * WORD);
  const view = new DataView(bytes.buffer);
  [firstTarget, ids.length, ...ids].forEach((word, i) => view.setUint32(i * WORD, word, true));
  return sha256(bytes);
}

/** The leaf of a document in the tree. */
export function documentLeaf(document: TokenSequence, sha256: Sha256): Uint8Array {
  return merkleLeafHash(documentHash(document, sha256), sha256);
}

/** The RFC 6962 tree over the documents of a training, in the order of its file. Takes 64 bytes a document. */
export class DocumentTree {
  private constructor(private readonly levels: readonly (readonly Uint8Array[])[]) {}

  /** @param documents at least one */
  static over(documents: readonly TokenSequence[], sha256: Sha256): DocumentTree {
    let level = documents.map((document) => documentLeaf(document, sha256));
    const levels = [level];
    while (level.length > 1) {
      const below = level;
      level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
        // The last one of an odd number goes up as it is: that is the tree of RFC 6962.
        2 * i + 1 < below.length ? merkleNodeHash(below[2 * i], below[2 * i + 1], sha256) : below[2 * i],
      );
      levels.push(level);
    }
    return new DocumentTree(levels);
  }

  /** 32 bytes. */
  get root(): Uint8Array {
    return this.levels[this.levels.length - 1][0];
  }

  /** The audit path of a document, from the leaf upwards. */
  path(index: number): Uint8Array[] {
    let place = index;
    return this.levels.slice(0, -1).flatMap((level) => {
      const sibling = place % 2 === 0 ? place + 1 : place - 1;
      place = Math.floor(place / 2);
      return sibling < level.length ? [level[sibling]] : [];
    });
  }
}
