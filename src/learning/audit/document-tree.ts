import { merkleLeafHash, type Sha256 } from '../../common/index.js';
import { MerkleTree } from '../../common/merkle-tree.js';
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

/** The RFC 6962 tree over the documents of a training, in the order of its file. @param documents at least one */
export function documentTree(documents: readonly TokenSequence[], sha256: Sha256): MerkleTree {
  return MerkleTree.over(
    documents.map((document) => documentLeaf(document, sha256)),
    sha256,
  );
}
