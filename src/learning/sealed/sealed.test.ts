import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bytesToHex,
  canonicalJson,
  hashJson,
  merkleLeafHash,
  ok,
  unwrap,
  utf8ToBytes,
  type Json,
} from '../../common/index.js';
import { MerkleTree } from '../../common/merkle-tree.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { Content } from '../../datasets/jsonl/index.js';
import { hashOfExamples } from '../evaluation/example-supply.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import { makeSealedSet, openExample } from './make-sealed-set.js';
import { readDomainDocuments, type DomainDocument } from './read-sealed-documents.js';
import { drawSealed, joinedDraws, leftOf, type DrawState } from './sealed-draw.js';
import { parseSealedEvidence, type SealedEvidence } from './sealed-evidence.js';
import { SealedFiles } from './sealed-files.js';
import { parseCommitment, rangesOf } from './sealed-set.js';
import { shownExamples, verifySealed } from './verify-sealed.js';

const CONTEXT = 40;
const BEACON = 'ab'.repeat(32);
const SUBJECT = `submission_${'1'.repeat(32)}`;

/** A token for each character. */
const encoder = {
  encode: (content: Content) => {
    const text = JSON.stringify(content);
    return ok({ ids: [...text].map((_, i) => i), firstTarget: 1 });
  },
} as unknown as ExampleEncoder;

let salted = 0;
const salt = () => new Uint8Array(32).fill(++salted);

function documents(count: number, domain: string): DomainDocument[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ line: i + 1, domain },
    content: { form: 'text', text: `${domain} ${i}` } as const,
  }));
}

function made(of = [...documents(30, 'tales'), ...documents(20, 'facts')], draws = 8) {
  const wish = { model: 'fable', context: CONTEXT, draws, encoder, salt };
  return makeSealedSet(of, wish, nativeSha256);
}

const nobodyKnows: DrawState = { isUsed: () => false, knownFrom: () => null };

/** Of a thing that may not be changed, one that may. */
type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> };
type Change = (of: Writable<SealedEvidence>) => unknown;

describe('a sealed set', () => {
  it('has its domains one after the other, and leaves out what is too long or there already', () => {
    const [text] = documents(1, 'facts');
    const long: DomainDocument = { ...text, content: { form: 'text', text: 'x'.repeat(CONTEXT) } };
    const again: DomainDocument = { ...text, content: { form: 'text', text: ' FACTS  0' } };
    const found = unwrap(made([...documents(9, 'tales'), ...documents(8, 'facts'), long, again]));
    expect([found.tooLong, found.repeated]).toEqual([1, 1]);
    expect(found.set.commitment.domains).toEqual({ facts: 8, tales: 9 });
    expect([...rangesOf(found.set.commitment)]).toEqual([
      ['facts', [0, 8]],
      ['tales', [8, 17]],
    ]);
    expect(found.set.examples.map(({ domain }) => domain).lastIndexOf('facts')).toBe(7);
  });

  it('does not show by its hashes which documents are in it', () => {
    const [one, other] = [unwrap(made()).set, unwrap(made()).set];
    expect(one.examples.map(({ content }) => content)).toEqual(other.examples.map(({ content }) => content));
    expect(one.commitment.root).not.toBe(other.commitment.root);
  });

  it('may have a domain with the name of what every object has', () => {
    const { commitment } = unwrap(made(documents(20, 'constructor'))).set;
    expect(commitment.domains).toEqual({ constructor: 20 });
    const { drawn } = drawSealed(commitment, BEACON, ['constructor'], nobodyKnows, nativeSha256);
    const [indexes] = Object.values(drawn);
    expect(joinedDraws([{ drawn }, { drawn }])).toEqual({ constructor: [...indexes, ...indexes] });
  });

  it('is refused with too few examples for one draw', () => {
    expect(made(documents(7, 'tales'))).toMatchObject({ ok: false, error: { code: 'SEALED_SET_FORM' } });
    expect(made([])).toMatchObject({ ok: false, error: { code: 'SEALED_SET_FORM' } });
    const { commitment } = unwrap(made()).set;
    for (const wrong of [
      { more: 1 },
      { draws: 7 },
      { version: 2 },
      { domains: { 'A b': 40 } },
      { root: 'x' },
    ])
      expect(parseCommitment({ ...commitment, ...wrong })).toMatchObject({
        error: { code: 'SEALED_SET_FORM' },
      });
  });

  it.each([
    ['{"text": "a", "domain": "tales"}', [], 'tales'],
    ['{"text": "a"}', [], 'general'],
    ['{"text": "a"}', ['tales'], 'tales'],
    ['{"text": "a"}', ['tales', 'facts'], null],
    ['{"text": "a", "domain": "other"}', ['tales'], null],
    ['{"text": "a", "domain": 3}', [], null],
  ])('takes the domain of a line: %s with %j is %s', async (line, names, domain) => {
    async function* source() {
      yield await Promise.resolve(utf8ToBytes(`\n${line}\n`));
    }
    const read = await readDomainDocuments(source(), names);
    if (domain === null)
      expect(read).toMatchObject({ error: { code: 'SEALED_SET_DOMAIN', facts: { line: 2 } } });
    else expect(unwrap(read)).toMatchObject([{ line: 2, domain, content: { form: 'text', text: 'a' } }]);
  });
});

describe('a draw from a sealed set', () => {
  const { commitment } = unwrap(made()).set;
  const names = Object.keys(commitment.domains);
  const draw = (beacon: string, state: Partial<DrawState> = {}) =>
    drawSealed(commitment, beacon, names, { ...nobodyKnows, ...state }, nativeSha256);

  it('follows from the beacon, and takes as many of each domain', () => {
    const found = draw(BEACON);
    expect(found).toEqual(draw(BEACON));
    expect(found.drawn).not.toEqual(draw('cd'.repeat(32)).drawn);
    for (const [name, [from, to]] of rangesOf(commitment)) {
      expect(new Set(found.drawn[name]).size).toBe(8);
      expect(found.drawn[name].every((index) => index >= from && index < to)).toBe(true);
    }
  });

  it('never names what is used up, until too little is left', () => {
    const used = new Set<number>();
    const isUsed = (index: number) => used.has(index);
    const first = draw('1'.repeat(64), { isUsed });
    for (const index of Object.values(first.drawn).flat()) used.add(index);
    const second = draw('2'.repeat(64), { isUsed });
    expect(Object.values(second.drawn).flat().filter(isUsed)).toEqual([]);
    for (const index of Object.values(second.drawn).flat()) used.add(index);
    expect(leftOf(commitment, used)).toEqual({ facts: 4, tales: 14 });
    const third = draw('3'.repeat(64), { isUsed });
    expect([third.drawn.facts, third.drawn.tales.length]).toEqual([undefined, 8]);
  });

  it('skips what is known, says so, and takes the next one', () => {
    const [known] = draw(BEACON).drawn.tales;
    const found = draw(BEACON, { knownFrom: (index) => (index === known ? 'ds_1' : null) });
    expect(found.skipped).toEqual([{ index: known, in: 'ds_1' }]);
    expect([found.drawn.tales.includes(known), found.drawn.tales.length]).toEqual([false, 8]);
  });
});

describe('the file of a sealed set', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-sealed-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('is for its owner alone, and read again as it was', async () => {
    const sut = new SealedFiles(folder);
    const { set } = unwrap(made());
    const { root } = set.commitment;
    await sut.keep(set);
    expect((await stat(sut.path(root))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'sealed'))).mode & 0o777).toBe(0o700);
    expect(unwrap(await sut.read(root))).toEqual(set);
    await sut.remove(root);
    expect(await sut.read(root)).toMatchObject({ error: { code: 'SEALED_SET_FILE', status: 503 } });
  });

  it('is refused with one byte that is another', async () => {
    const sut = new SealedFiles(folder);
    const { set } = unwrap(made());
    const { root } = set.commitment;
    await sut.keep(set);
    const text = await readFile(sut.path(root), 'utf8');
    for (const [from, to] of [
      ['tales 7"', 'tales 8"'],
      ['"draws":8', '"draws":9'],
      ['"domain":"tales"', '"domain":"facts"'],
      ['\n', '\n\n'],
    ]) {
      await writeFile(sut.path(root), text.replace(from, to));
      const read = await sut.read(root);
      if (from === '"draws":8') expect(unwrap(read).commitment.draws).toBe(9);
      else expect(read).toMatchObject({ error: { code: 'SEALED_SET_FILE' } });
    }
    await writeFile(sut.path(root), text.slice(0, text.length / 2));
    expect(await sut.read(root)).toMatchObject({ error: { code: 'SEALED_SET_FILE' } });
  });
});

describe('the evidence of a verdict by a sealed set', () => {
  /** A log of four leaves: the commitment, something else, the submission, and its random number. @param setAt 0; 2: the other way round */
  function evidence(setAt: number): SealedEvidence {
    const sealed = unwrap(made()).set;
    const { commitment } = sealed;
    const entry = (kind: string, subject: string, hash: string) =>
      canonicalJson({ actor: 'a', data: {}, hash, kind, subject, time: 1 });
    const set = entry('learning.sealed', commitment.root, hashJson(commitment as unknown as Json));
    const subject = entry('learning.submission', SUBJECT, 'd'.repeat(64));
    const [first, third] = setAt === 0 ? [set, subject] : [subject, set];
    const nonce = entry('learning.nonce', SUBJECT, 'e'.repeat(64));
    const leaves = [first, entry('block', 'b', 'c'.repeat(64)), third, nonce];
    const tree = MerkleTree.over(
      leaves.map((leaf) => merkleLeafHash(utf8ToBytes(leaf))),
      nativeSha256,
    );
    const leaf = (index: number) => ({ index, leaf: leaves[index], path: tree.path(index).map(bytesToHex) });
    const root = bytesToHex(tree.root);
    const names = Object.keys(commitment.domains);
    const { drawn, skipped } = drawSealed(commitment, root, names, nobodyKnows, nativeSha256);
    const examples = Object.values(drawn)
      .flat()
      .map((index) => openExample(sealed, index));
    const hash = hashOfExamples(shownExamples(drawn, examples));
    const beacon = { submission_index: 2 - setAt, nonce_index: 3, size: 4, root };
    return {
      ...{ version: 1, subject: SUBJECT, commitment, examples },
      verdict: { model: 'fable', beacon, examples: { set: commitment.root, drawn, skipped, more: {}, hash } },
      log: { set: leaf(setAt), subject: leaf(2 - setAt), nonce: leaf(3) },
      draws: [{ subject: SUBJECT, round: 0, beacon: root, drawn, skipped }],
    };
  }

  /** What disagrees after a change; null where it is no evidence any more. */
  function wrong(change: Change, setAt = 0): string[] | null {
    const copy = JSON.parse(JSON.stringify(evidence(setAt))) as Writable<SealedEvidence>;
    change(copy);
    const parsed = parseSealedEvidence(copy);
    return parsed && verifySealed(parsed, nativeSha256).flatMap(({ part, agrees }) => (agrees ? [] : [part]));
  }

  function notDrawn({ draws }: SealedEvidence): number {
    const drawn = Object.values(draws[0].drawn).flat();
    return Array.from({ length: 50 }, (_, i) => i).findIndex((index) => !drawn.includes(index));
  }

  it('agrees where nothing was changed', () => {
    expect(wrong(() => undefined)).toEqual([]);
    // A set that was committed to only when the submission was known.
    expect(wrong(() => undefined, 2)).toEqual(['commitment']);
  });

  it.each<[string, Change, string[] | null]>([
    [
      'a byte of an example',
      (of) => (of.examples[3].content = { form: 'text', text: 'facts 3.' }),
      ['opening', 'examples'],
    ],
    ['a salt', (of) => (of.examples[3].salt = '0'.repeat(64)), ['opening']],
    ['a path', (of) => (of.examples[3].path[0] = '0'.repeat(64)), ['opening']],
    ['the domain of an example', (of) => (of.examples[3].domain = 'tales'), ['opening']],
    ['an example left out', (of) => of.examples.pop(), ['opening', 'examples']],
    [
      'an example that was not drawn',
      (of) => of.examples.push({ ...of.examples[0], index: notDrawn(of) }),
      ['opening'],
    ],
    [
      'another draw',
      (of) => {
        [of.draws[0].drawn.tales, of.verdict.examples.drawn.tales] = [
          [20, 21],
          [20, 21],
        ];
      },
      ['draw', 'opening', 'examples'],
    ],
    [
      'an example that is said to be skipped, and was not named',
      (of) =>
        [of.draws[0], of.verdict.examples].map((each) =>
          each.skipped.push({ index: notDrawn(of), in: 'ds_1' }),
        ),
      ['draw'],
    ],
    [
      'a commitment with other counts',
      (of) => (of.commitment.domains.tales = 8),
      ['commitment', 'draw', 'opening'],
    ],
    ['another leaf', (of) => (of.log.set.leaf = of.log.set.leaf.replace('"a"', '"b"')), ['commitment']],
    [
      'another random number',
      (of) => (of.log.nonce.leaf = of.log.nonce.leaf.replace('eee', 'eef')),
      ['beacon'],
    ],
    ['another beacon', (of) => (of.verdict.beacon.root = 'f'.repeat(64)), ['commitment', 'beacon', 'draw']],
    ['another hash of the examples', (of) => (of.verdict.examples.hash = 'f'.repeat(64)), ['examples']],
    ['more in an example than was hashed', (of) => Object.assign(of.examples[0].content, { more: 1 }), null],
    ['a draw of nothing', (of) => Object.assign(of.draws[0], { drawn: null }), null],
    ['nothing drawn', (of) => Object.assign(of.verdict.examples, { drawn: null }), null],
    ['no rounds', (of) => Object.assign(of.verdict.examples, { more: null }), null],
    ['no examples at all', (of) => Reflect.deleteProperty(of, 'examples'), null],
  ])('disagrees with %s', (_, change, parts) => {
    expect(wrong(change)).toEqual(parts);
  });
});
