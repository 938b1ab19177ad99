import { readFile, writeFile } from 'node:fs/promises';
import { bytesToHex, ok, unwrap } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import type { Instance } from '../../src/config/index.js';
import { Transactions } from '../../src/database/index.js';
import type { Content } from '../../src/datasets/index.js';
import type { ParameterIndex } from '../../src/experts/index.js';
import { documentHash } from '../../src/learning/audit/document-tree.js';
import { Beacons } from '../../src/learning/beacon/beacons.js';
import { ExampleSources } from '../../src/learning/evaluation/example-sources.js';
import type { ExampleEncoder } from '../../src/learning/examples/example-encoder.js';
import { makeSealedSet, type SealedSet } from '../../src/learning/sealed/make-sealed-set.js';
import { KnownDocuments } from '../../src/learning/sealed/known-documents.js';
import { SealedAlerts } from '../../src/learning/sealed/sealed-alerts.js';
import { SealedDesk } from '../../src/learning/sealed/sealed-desk.js';
import { SealedExamples } from '../../src/learning/sealed/sealed-examples.js';
import { SealedFiles } from '../../src/learning/sealed/sealed-files.js';
import { drawHash, SealedStore } from '../../src/learning/sealed/sealed-store.js';
import type { AlertBook, Trouble } from '../../src/monitoring/index.js';
import { PATIENCE_MS } from '../support/patience.js';
import { makeAccount, openDatasets, takeIn, type DatasetsUnderTest } from './datasets-support.js';

const CONTEXT = 100;
const encoder = {
  encode: (content: Content) =>
    ok({ ids: [...JSON.stringify(content)].map((letter) => letter.charCodeAt(0)), firstTarget: 1 }),
} as unknown as ExampleEncoder;

let sut: DatasetsUnderTest;
let files: SealedFiles;
let store: SealedStore;
let desk: SealedDesk;
let sealed: SealedExamples;
let sources: ExampleSources;
let beacons: Beacons;
let transactions: Transactions;
const alerts: Trouble[] = [];
let context = CONTEXT;

beforeAll(async () => {
  sut = await openDatasets();
  await sut.sequencer.onApplicationBootstrap();
  transactions = new Transactions(sut.dataSource);
  files = new SealedFiles(sut.folder);
  store = new SealedStore(sut.dataSource);
  const book = {
    raise: (trouble: Trouble) => Promise.resolve(alerts.push(trouble)),
    clear: (fingerprint: string) => {
      while (alerts.at(-1)?.fingerprint === fingerprint) alerts.pop();
      return Promise.resolve(true);
    },
  } as unknown as AlertBook;
  const told = new SealedAlerts(book, store, { own: (name: string) => `${name}@here` } as Instance);
  const index = {
    live: (model: string) =>
      Promise.resolve(model === 'nobody' ? null : { config: { maxPositions: context } }),
  } as unknown as ParameterIndex;
  const known = new KnownDocuments(sut.dataSource, sut.rows, sut.datasetFiles);
  desk = new SealedDesk(sut.config, store, known, index, transactions, sut.log, told);
  sealed = new SealedExamples(sut.config, store, known, told, transactions, sut.logReader, sut.log);
  sources = new ExampleSources(sealed, store, sut.config);
  beacons = new Beacons(sut.logReader, sut.log);
});
afterAll(() => sut?.close());

let salted = 0;

function setOf(model: string, count: number, text = (i: number) => `${model} tells tale ${i}`): SealedSet {
  const documents = Array.from({ length: count }, (_, i) => ({
    ...{ line: i + 1, domain: i % 2 === 0 ? 'tales' : 'facts' },
    content: { form: 'text', text: text(i) } as const,
  }));
  const salt = () => new Uint8Array(32).fill(++salted);
  return unwrap(makeSealedSet(documents, { model, context: CONTEXT, draws: 8, encoder, salt }, nativeSha256))
    .set;
}

async function committed(set: SealedSet): Promise<SealedSet> {
  await files.keep(set);
  expect(unwrap(await desk.commit('guardian', set.commitment)).created).toBe(true);
  await sut.logReader.waitFor(set.commitment.root, 'learning.sealed', PATIENCE_MS);
  return set;
}

let subjects = 0;

/** Something that is measured, with its beacon. */
async function subjectOf(model: string) {
  const subject = `submission_${String(subjects++).padStart(32, '0')}`;
  await transactions.run(async (manager) => {
    const hash = 'a'.repeat(64);
    await sut.log.append(manager, [{ kind: 'learning.submission', subject, actor: 'a', hash, data: {} }]);
  });
  await sut.logReader.waitFor(subject, 'learning.submission', PATIENCE_MS);
  await transactions.run((manager) => beacons.commit(manager, subject, 'learning'));
  await sut.logReader.waitFor(subject, 'learning.nonce', PATIENCE_MS);
  const beacon = await beacons.of(subject);
  return { subject, model, beacon: beacon! };
}

const drawnFor = async (subject: string) =>
  (await store.drawsFor(subject)).flatMap(({ drawn }) => Object.values(drawn).flat());

describe('a commitment to a sealed set', () => {
  it('is taken once, as its file says, and put into the log', async () => {
    const set = await committed(setOf('once', 32));
    expect(unwrap(await desk.commit('guardian', set.commitment)).created).toBe(false);
    const { root } = set.commitment;
    const leaf = await sut.logReader.leafOf(root, 'learning.sealed');
    expect(leaf?.leaf).toContain('"model":"once"');
    expect(await sut.logReader.indexOf(root, 'learning.sealed')).toBe(leaf?.index);
  });

  it('is refused where it says anything else', async () => {
    const set = setOf('fable', 32);
    const code = async (changes: object) => {
      const taken = await desk.commit('guardian', { ...set.commitment, ...changes });
      return taken.ok ? null : [taken.error.code, taken.error.status];
    };
    expect(await code({})).toEqual(['SEALED_SET_FILE', 503]);
    await files.keep(set);
    expect(await code({ draws: 9 })).toEqual(['SEALED_SET_DIFFERS', 409]);
    expect(await code({ model: 'other' })).toEqual(['SEALED_SET_DIFFERS', 409]);
    expect(await code({ domains: { tales: 32 } })).toEqual(['SEALED_SET_DIFFERS', 409]);
    expect(await code({ model: 'nobody' })).toEqual(['MODEL_NOT_LIVE', 404]);
    expect(await code({ model: 'genesis' })).toEqual(['SEALED_SET_NOT_NEEDED', 409]);
    expect(await code({ more: 1 })).toEqual(['SEALED_SET_FORM', 422]);
    context = 50;
    expect(await code({})).toEqual(['SEALED_SET_CONTEXT', 409]);
    context = CONTEXT;
    const path = files.path(set.commitment.root);
    await writeFile(path, (await readFile(path, 'utf8')).replace('tale 5"', 'tale 6"'));
    expect(await code({})).toEqual(['SEALED_SET_FILE', 503]);
    expect(await store.set(set.commitment.root)).toBeNull();
  });
});

describe('examples of a sealed set', () => {
  it('are drawn once, the same ones when it is done again, and others for everybody else', async () => {
    const { commitment } = await committed(setOf('drawn', 160));
    const [one, other] = [await subjectOf('drawn'), await subjectOf('drawn')];
    const [first, again, third] = await Promise.all([one, one, other].map((of) => sources.of(of).first()));
    expect(again).toEqual(first);
    expect([...unwrap(first)].map(([name, list]) => [name, list.length])).toEqual([
      ['facts', 8],
      ['tales', 8],
    ]);
    expect(await sources.of(one).first()).toEqual(first);
    const all = [...(await drawnFor(one.subject)), ...(await drawnFor(other.subject))];
    expect([all.length, new Set(all).size]).toEqual([32, 32]);
    expect(unwrap(third)).not.toEqual(unwrap(first));
    const [draw] = await store.drawsFor(one.subject);
    const leaf = await sut.logReader.leafOf(one.subject, 'learning.sealed.drawn');
    expect(leaf?.leaf ?? (await published(one.subject))).toContain(drawHash(commitment.root, draw));
  });

  /** The leaf of a draw, once it is in the log. */
  async function published(subject: string): Promise<string> {
    await sut.logReader.waitFor(subject, 'learning.sealed.drawn', PATIENCE_MS);
    return (await sut.logReader.leafOf(subject, 'learning.sealed.drawn'))!.leaf;
  }

  it('are more for a domain in doubt, once, and told of with their places', async () => {
    const { commitment } = await committed(setOf('doubted', 64));
    const supply = sources.of(await subjectOf('doubted'));
    const usual = unwrap(await supply.first());
    const more = unwrap(await supply.more(1, ['tales'], usual));
    expect([supply.moreRounds, [...more.keys()], more.get('tales')?.length]).toEqual([1, ['tales'], 8]);
    const examples = new Map([...usual, ['tales', [...usual.get('tales')!, ...more.get('tales')!]]]);
    const told = supply.told({ examples, more: { tales: 1 } });
    expect(told).toMatchObject({
      source: 'sealed',
      set: commitment.root,
      draws: { facts: 8, tales: 8 },
      skipped: [],
    });
    expect('drawn' in told && told.drawn.tales).toHaveLength(16);
  });

  it('are of no set that came after what is measured', async () => {
    const early = await subjectOf('late');
    expect(await sources.check('late')).toMatchObject({ error: { code: 'SEALED_SET_MISSING', status: 409 } });
    await committed(setOf('late', 32));
    expect(await sources.of(early).first()).toMatchObject({ error: { code: 'SEALED_SET_MISSING' } });
    expect(await sources.of(await subjectOf('late')).first()).toMatchObject({ ok: true });
  });

  it('run out, of which somebody is told before, until there is a new set', async () => {
    await committed(setOf('short', 16 * 6));
    expect(alerts.filter(({ fingerprint }) => fingerprint.endsWith('.short'))).toEqual([]);
    for (let i = 0; i < 6; i++) {
      expect(await sources.check('short', ['tales'])).toEqual(ok());
      unwrap(await sources.of(await subjectOf('short')).first());
    }
    const { fingerprint, severity } = alerts.at(-1)!;
    expect([fingerprint, severity]).toEqual(['learning.sealed_set.short', 'critical']);
    const own = alerts.filter((alert) => alert.fingerprint === fingerprint);
    expect(own.map((alert) => alert.severity)).toEqual([
      'warning',
      'warning',
      'warning',
      'warning',
      'critical',
    ]);
    const waiting = await subjectOf('short');
    for (const refusal of [await sources.check('short'), await sources.of(waiting).first()])
      expect(refusal).toMatchObject({ error: { code: 'SEALED_SET_EXHAUSTED', status: 409 } });
    // The same documents with other salts are known by now.
    const again = setOf('short', 16 * 6);
    await files.keep(again);
    expect(await desk.commit('guardian', again.commitment)).toMatchObject({
      error: { code: 'SEALED_SET_OPENED' },
    });
    await committed(setOf('short', 16 * 6, (i) => `another tale ${i}`));
    expect(await sources.check('short')).toEqual(ok());
    expect(alerts.filter((alert) => alert.fingerprint === fingerprint)).toEqual([]);
    expect(await sources.check('short', ['other'])).toMatchObject({
      error: { code: 'SUBMISSION_NOT_JUDGED' },
    });
  });

  it('are none that were opened from another set', async () => {
    const [one, other] = [setOf('twice', 40), setOf('twice', 40)];
    await committed(one);
    const first = await subjectOf('twice');
    await committed(other);
    const before = unwrap(await sources.of(first).first());
    const second = await subjectOf('twice');
    const after = unwrap(await sources.of(second).first());
    const texts = [before, after].flatMap((drawn) =>
      [...drawn.values()].flat().map((content) => JSON.stringify(content)),
    );
    expect([texts.length, new Set(texts).size]).toEqual([32, 32]);
    const [draw] = await store.drawsFor(second.subject);
    expect([draw.set, new Set(draw.skipped.map((each) => each.in))]).toEqual([
      other.commitment.root,
      new Set([one.commitment.root]),
    ]);
  });

  it('are none that were shown of the training', async () => {
    const { examples } = await committed(setOf('shown', 40));
    const seen = examples.filter((_, i) => i % 2 === 0);
    const hashes = seen.map(({ content }) => documentHash(unwrap(encoder.encode(content)), nativeSha256));
    const of = await subjectOf('shown');
    const documents = new Set(hashes.map(bytesToHex));
    const drawn = unwrap(await sources.of({ ...of, seen: { encoder, documents } }).first());
    const known = new Set(seen.map(({ content }) => JSON.stringify(content)));
    expect([...drawn.values()].flat().filter((content) => known.has(JSON.stringify(content)))).toEqual([]);
    const [{ skipped }] = await store.drawsFor(of.subject);
    expect(new Set(skipped.map((each) => each.in))).toEqual(new Set(['training']));
  });

  it('are none that stand in an approved dataset, whatever their white space and capital letters', async () => {
    const who = await makeAccount(sut);
    const lines = Array.from({ length: 28 }, (_, i) => `{"text": "KNOWN  tells tale ${i}"}\n`).join('');
    const id = await takeIn(sut, who, 'known', lines);
    await committed(setOf('known', 60));
    const before = await subjectOf('known');
    unwrap(await sources.of(before).first());
    expect((await store.drawsFor(before.subject))[0].skipped).toEqual([]);
    await sut.dataSource.query(`UPDATE datasets SET stage = 'gold' WHERE id = $1`, [id]);
    const of = await subjectOf('known');
    const drawn = [...unwrap(await sources.of(of).first()).values()].flat();
    const [{ skipped }] = await store.drawsFor(of.subject);
    const texts = drawn.map((content) => (content.form === 'text' ? content.text : ''));
    expect(texts.map((text) => Number(text.split(' ').at(-1))).filter((tale) => tale < 28)).toEqual([]);
    expect(skipped.length).toBeGreaterThan(0);
    expect(new Set(skipped.map((each) => each.in))).toEqual(new Set([id]));
  });

  it('are counted out where they stand in an approved dataset, also while no draw succeeds', async () => {
    const who = await makeAccount(sut);
    const lines = Array.from({ length: 56 }, (_, i) => `{"text": "worn tells tale ${i}"}\n`).join('');
    const id = await takeIn(sut, who, 'worn', lines);
    const { commitment } = await committed(setOf('worn', 60));
    await sut.dataSource.query(`UPDATE datasets SET stage = 'gold' WHERE id = $1`, [id]);
    expect(await sources.check('worn')).toEqual(ok());
    const of = await subjectOf('worn');
    expect(await sources.of(of).first()).toMatchObject({ error: { code: 'SEALED_SET_EXHAUSTED' } });
    expect(await sources.check('worn')).toMatchObject({ error: { code: 'SEALED_SET_EXHAUSTED' } });
    expect(alerts.at(-1)).toMatchObject({
      ...{ fingerprint: 'learning.sealed_set.worn', severity: 'critical' },
      evidence: { set: commitment.root, subject: of.subject },
    });
    expect((await store.used(commitment.root)).size).toBe(0);
  });

  it('are waited for where a file is gone, unless its set is used up', async () => {
    const set = await committed(setOf('lost', 16));
    const { root } = set.commitment;
    const early = await subjectOf('lost');
    await files.remove(root);
    expect(await sources.of(early).first()).toMatchObject({ error: { code: 'SEALED_SET_FILE' } });
    const fingerprint = `learning.sealed_file.${root.slice(0, 16)}@here`;
    expect(alerts.at(-1)).toMatchObject({ fingerprint, severity: 'critical' });
    await files.keep(set);
    unwrap(await sources.of(early).first());
    expect(alerts.filter((alert) => alert.fingerprint === fingerprint)).toEqual([]);
    await files.remove(root);
    const late = await subjectOf('lost');
    expect(await sources.of(late).first()).toMatchObject({ error: { code: 'SEALED_SET_EXHAUSTED' } });
  });
});
