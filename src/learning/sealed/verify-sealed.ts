import {
  hashJson,
  hexToBytes,
  merkleLeafHash,
  utf8ToBytes,
  verifyInclusion,
  type Json,
  type Sha256,
} from '../../common/index.js';
import { NONCE_ENTRY, REMOVAL_ENTRY, SUBMISSION_ENTRY } from '../beacon/beacon.js';
import type { DomainExamples } from '../evaluation/example-source.js';
import { hashOfExamples } from '../evaluation/example-supply.js';
import { drawSealed, joinedDraws } from './sealed-draw.js';
import { SEALED_SET_ENTRY } from './sealed-entries.js';
import type { ProvenLeaf, SealedEvidence } from './sealed-evidence.js';
import { rangesOf, sealedLeaf, sizeOf, type OpenedExample } from './sealed-set.js';
import type { SealedDraw } from './sealed-store.js';

/** What a check of evidence found. */
export interface SealedFinding {
  readonly part: 'commitment' | 'beacon' | 'draw' | 'opening' | 'examples';
  readonly agrees: boolean;
  readonly detail: string;
}

/**
 * Checks, from the evidence alone, that the examples of a verdict were committed to before what was judged came into the log, that the
 * beacon names them and no others, and that they are what the verdict rests on. That the beacon's root is one of the log is for a proof of
 * consistency to show (docs/formats/log.md).
 */
export function verifySealed(evidence: SealedEvidence, sha256: Sha256): SealedFinding[] {
  const checks: [SealedFinding['part'], string, (of: SealedEvidence, sha256: Sha256) => string | null][] = [
    ['commitment', 'the commitment was in the log before what was judged', problemWithCommitment],
    ['beacon', 'the root is that of the log up to the random number behind it', problemWithBeacon],
    ['draw', 'the beacon names these examples, and no others', problemWithDraw],
    ['opening', 'every example is under the root of the commitment', problemWithOpening],
    ['examples', 'the verdict rests on these examples', problemWithExamples],
  ];
  return checks.map(([part, right, look]) => {
    const problem = look(evidence, sha256);
    return { part, agrees: problem === null, detail: problem ?? right };
  });
}

function problemWithCommitment({ verdict, commitment, log }: SealedEvidence, sha256: Sha256): string | null {
  if (commitment.root !== verdict.examples.set) return 'it is of another set than the verdict';
  if (commitment.model !== verdict.model) return 'it is of another model than the verdict';
  if (log.set.index >= verdict.beacon.submission_index) return 'it came into the log after what was judged';
  const hash = hashJson(commitment as unknown as Json);
  return problemWithLeaf(
    log.set,
    verdict.beacon,
    { kind: SEALED_SET_ENTRY, subject: commitment.root, hash },
    sha256,
  );
}

function problemWithBeacon({ subject, verdict, log }: SealedEvidence, sha256: Sha256): string | null {
  const { beacon } = verdict;
  const { submission_index: at, nonce_index: nonce, size } = beacon;
  if (at >= nonce || size !== nonce + 1) return 'its leaves are not in their order';
  if (log.subject.index !== at || log.nonce.index !== nonce) return 'the leaves are not those it names';
  const kind = subject.startsWith('removal_') ? REMOVAL_ENTRY : SUBMISSION_ENTRY;
  return (
    problemWithLeaf(log.subject, beacon, { kind, subject }, sha256) ??
    problemWithLeaf(log.nonce, beacon, { kind: NONCE_ENTRY, subject }, sha256)
  );
}

function problemWithLeaf(
  { index, leaf, path }: ProvenLeaf,
  { size, root }: { readonly size: number; readonly root: string },
  expected: Readonly<Record<string, string>>,
  sha256: Sha256,
): string | null {
  const hash = merkleLeafHash(utf8ToBytes(leaf), sha256);
  if (!verifyInclusion(hash, index, size, path.map(hexToBytes), hexToBytes(root), sha256))
    return `leaf ${index} is not under the root ${root}`;
  const said = membersOf(leaf);
  const wrong = Object.keys(expected).find((name) => said[name] !== expected[name]);
  return wrong === undefined ? null : `leaf ${index} has another ${wrong}`;
}

function problemWithDraw(evidence: SealedEvidence, sha256: Sha256): string | null {
  const { subject, verdict, commitment, draws } = evidence;
  const used = new Set<number>();
  for (const draw of draws) {
    const own = draw.subject === subject;
    if (own && draw.beacon !== verdict.beacon.root) return 'it is by another root than the beacon';
    const names = Object.keys(own && draw.round === 0 ? commitment.domains : draw.drawn);
    const skipped = new Map(draw.skipped.map(({ index, in: where }) => [index, where]));
    const state = {
      isUsed: (index: number) => used.has(index),
      knownFrom: (index: number) => skipped.get(index) ?? null,
    };
    const again = drawSealed(commitment, draw.beacon, names, state, sha256);
    const { drawn, skipped: passed } = draw;
    if (hashJson(again as unknown as Json) !== hashJson({ drawn, skipped: passed } as unknown as Json))
      return `the beacon of ${draw.subject} names other examples in round ${draw.round}`;
    for (const index of [...Object.values(draw.drawn).flat(), ...skipped.keys()]) {
      if (used.has(index)) return `example ${index} was drawn twice`;
      used.add(index);
    }
  }
  const own = usedBy(evidence);
  const named = joinedDraws(own);
  if (hashJson(named as unknown as Json) !== hashJson(verdict.examples.drawn as Json))
    return 'the verdict names other examples';
  const skipped = own.flatMap((draw) => draw.skipped) as unknown as Json;
  return hashJson(skipped) === hashJson(verdict.examples.skipped as unknown as Json)
    ? null
    : 'the verdict names other skipped examples';
}

/** Draws that the verdict rests on: what was drawn for a measurement that was cut off before its end may not be among them. */
function usedBy({ subject, verdict, draws }: SealedEvidence): SealedDraw[] {
  const rounds = Math.max(0, ...Object.values(verdict.examples.more));
  return draws.filter((draw) => draw.subject === subject && draw.round <= rounds);
}

function problemWithOpening(
  { verdict, commitment, examples }: SealedEvidence,
  sha256: Sha256,
): string | null {
  const drawn = new Set(Object.values(verdict.examples.drawn).flat());
  const shown = new Set(examples.map(({ index }) => index));
  if (
    shown.size !== examples.length ||
    shown.size !== drawn.size ||
    [...drawn].some((index) => !shown.has(index))
  )
    return 'other examples are shown than were drawn';
  const [root, size, ranges] = [hexToBytes(commitment.root), sizeOf(commitment), rangesOf(commitment)];
  for (const example of examples) {
    const { index, domain, path } = example;
    const [from, to] = ranges.get(domain) ?? [0, 0];
    if (index < from || index >= to) return `example ${index} is of another domain than ${domain}`;
    if (!verifyInclusion(sealedLeaf(example, sha256), index, size, path.map(hexToBytes), root, sha256))
      return `example ${index} is not the one that was committed to`;
  }
  return null;
}

function problemWithExamples({ verdict, examples }: SealedEvidence): string | null {
  return hashOfExamples(shownExamples(verdict.examples.drawn, examples)) === verdict.examples.hash
    ? null
    : 'their hash is another than that of the verdict';
}

/** Examples by domain, in the order in which they were drawn. */
export function shownExamples(
  drawn: Readonly<Record<string, readonly number[]>>,
  examples: readonly OpenedExample[],
): DomainExamples {
  const byIndex = new Map(examples.map(({ index, content }) => [index, content]));
  return new Map(
    Object.entries(drawn).map(([name, indexes]) => [
      name,
      indexes.flatMap((index) => {
        const content = byIndex.get(index);
        return content === undefined ? [] : [content];
      }),
    ]),
  );
}

function membersOf(leaf: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(leaf);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
