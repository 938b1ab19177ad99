import { bytesToHex, CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import { MerkleTree } from '../../common/merkle-tree.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import { textKey } from './text-key.js';
import type { DomainDocument } from './read-sealed-documents.js';
import {
  parseCommitment,
  sealedLeaf,
  type OpenedExample,
  type SealedCommitment,
  type SealedExample,
} from './sealed-set.js';

/** A set with all that is kept from others until it was judged by. */
export interface SealedSet {
  readonly commitment: SealedCommitment;
  /** One domain after the other, by name. */
  readonly examples: readonly SealedExample[];
  readonly tree: MerkleTree;
}

/** A set that was made, and what was left out of it. */
export interface MadeSet {
  readonly set: SealedSet;
  /** Documents that are longer than the model's context, or have nothing to answer. */
  readonly tooLong: number;
  /** Documents that are there already, but for white space and capital letters. */
  readonly repeated: number;
}

/** What a set is made for. */
export interface SetWish {
  readonly model: string;
  readonly context: number;
  readonly draws: number;
  readonly encoder: ExampleEncoder;
  /** 32 random bytes, each time others. */
  readonly salt: () => Uint8Array;
}

/** Makes a sealed set of documents. Refusals: `TRAINING_EXAMPLE` with the line, `SEALED_SET_FORM`. */
export function makeSealedSet(
  documents: readonly DomainDocument[],
  { model, context, draws, encoder, salt }: SetWish,
  sha256: Sha256,
): Result<MadeSet> {
  const known = new Set<string>();
  const examples: SealedExample[] = [];
  let [tooLong, repeated] = [0, 0];
  for (const { line, domain, content } of documents) {
    const encoded = encoder.encode(content);
    if (!encoded.ok) {
      const { code, message, facts } = encoded.error;
      return err(new CodedError(code, `line ${line}: ${message}`, { ...facts, line }));
    }
    const { ids, firstTarget } = encoded.value;
    const key = textKey(content, sha256);
    if (ids.length > context || ids.length <= firstTarget) tooLong++;
    else if (known.has(key)) repeated++;
    else examples.push({ domain, content, salt: bytesToHex(salt()) });
    known.add(key);
  }
  const sorted = byDomain(examples);
  const counts = new Map<string, number>();
  for (const { domain } of sorted) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  const domains = Object.fromEntries(counts);
  const tree = treeOf(sorted, sha256);
  const root = tree === null ? '0'.repeat(64) : bytesToHex(tree.root);
  const commitment = parseCommitment({ version: 1, model, root, domains, draws, context });
  if (!commitment.ok) return commitment;
  if (tree === null) throw new Error('a set without examples has a commitment');
  return ok({ set: { commitment: commitment.value, examples: sorted, tree }, tooLong, repeated });
}

/** An example as it is shown once it was judged by. */
export function openExample({ examples, tree }: SealedSet, index: number): OpenedExample {
  return { ...examples[index], index, path: tree.path(index).map(bytesToHex) };
}

/** The tree over examples; null over none. */
export function treeOf(examples: readonly SealedExample[], sha256: Sha256): MerkleTree | null {
  if (examples.length === 0) return null;
  return MerkleTree.over(
    examples.map((example) => sealedLeaf(example, sha256)),
    sha256,
  );
}

/** One domain after the other, by name; in each of them in the order of the file. */
function byDomain(examples: readonly SealedExample[]): SealedExample[] {
  const groups = new Map<string, SealedExample[]>();
  for (const example of examples) {
    const group = groups.get(example.domain) ?? [];
    groups.set(example.domain, group);
    group.push(example);
  }
  return [...groups.keys()].sort().flatMap((name) => groups.get(name) ?? []);
}
