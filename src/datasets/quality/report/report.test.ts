import { utf8ToBytes } from '../../../common/hash.js';
import { unwrap } from '../../../common/result.js';
import { readDocuments } from '../../jsonl/index.js';
import { plantedCorpus } from '../../planted/index.js';
import { Random } from '../../generators/index.js';
import { minhash } from '../duplicates/minhash.js';
import { NearDuplicates } from '../duplicates/near-duplicates.js';
import { firstOf, KEPT_SIGNATURES, nearOverlapOf, type NearSketch } from '../duplicates/near-sketch.js';
import { toxicityOf } from '../toxicity/toxicity.js';
import { assessDataset, encodeReport, surveyDataset, type AssessOptions } from './assess-dataset.js';
import { licenceOfDocument, piiKindsOf, trainedText } from './document-checks.js';

const SEED = 'report-test';

const documentsIn = (lines: readonly string[]) => {
  async function* file() {
    yield utf8ToBytes(lines.join('\n'));
  }
  return readDocuments(file());
};
const assess = async (lines: readonly string[], options: Partial<AssessOptions> = {}) =>
  unwrap(await assessDataset(documentsIn(lines), { seed: SEED, licence: 'MIT', ...options }));
const texts = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ text: text(i) }));
const unique = (i: number) => `Text ${i} of set ${i * 7} tells about house ${i * 13} and river ${i * 17}.`;

describe('a planted corpus', () => {
  const planted = [...plantedCorpus(SEED, 3000)];

  it('is judged with a precision of 95 % and a recall of 90 % by every check', async () => {
    const near = new NearDuplicates();
    const found = [];
    for await (const result of documentsIn(planted.map(({ json }) => json))) {
      const document = unwrap(result);
      const licence = licenceOfDocument(document);
      found.push({
        personal: piiKindsOf(document).size > 0,
        toxic: toxicityOf(trainedText(document)) !== null,
        duplicate: near.check(minhash(trainedText(document))).duplicate,
        unlicensed: licence === 'unknown' || licence === 'restricted',
      });
    }
    const truth = planted.map((line) => ({ ...line, unlicensed: line.licensed === false }));
    for (const check of ['personal', 'toxic', 'duplicate', 'unlicensed'] as const) {
      const right = found.filter((verdict, i) => verdict[check] && truth[i][check]).length;
      const [findings, positives] = [found, truth].map((all) => all.filter((entry) => entry[check]).length);
      expect({ check, precision: right / findings >= 0.95, recall: right / positives >= 0.9 }).toEqual({
        check,
        precision: true,
        recall: true,
      });
    }
  });

  it('gives the same report each time, another for another seed, and canonical JSON', async () => {
    const lines = planted.slice(0, 600).map(({ json }) => json);
    const small = { sampleBytes: 100_000 };
    const [one, same, other] = [
      await assess(lines, small),
      await assess(lines, small),
      await assess(lines, { ...small, seed: 'x' }),
    ];
    expect(encodeReport(one)).toEqual(encodeReport(same));
    expect(encodeReport(one).hash).not.toBe(encodeReport(other).hash);
    expect(one.sample.bytes).toBeLessThanOrEqual(100_000);
    expect(JSON.parse(encodeReport(one).text)).toEqual(one);
  });
});

describe('the verdict', () => {
  it('accepts a clean set', async () => {
    expect(await assess(texts(300, unique))).toMatchObject({ accepted: true, reasons: [], documents: 300 });
  });

  it('allows 1 % personal data and refuses more', async () => {
    const withMail = (count: number) =>
      texts(200, (i) => (i < count ? `${unique(i)} Write to a${i}@postbox.net.` : unique(i)));
    expect((await assess(withMail(2))).reasons).toEqual([]);
    expect(await assess(withMail(3))).toMatchObject({ reasons: ['PII'], pii: { kinds: { email: 3 } } });
  });

  it('reads what is published beside the texts, too', async () => {
    const lines = texts(10, unique).map((line, i) => `${line.slice(0, -1)},"by":"a${i}@postbox.net"}`);
    expect((await assess(lines)).reasons).toEqual(['PII']);
  });

  it('refuses more than 10 % abuse', async () => {
    const abusive = (count: number) =>
      texts(50, (i) => (i < count ? `${unique(i)} You are an idiot.` : unique(i)));
    expect((await assess(abusive(5))).reasons).toEqual([]);
    expect((await assess(abusive(6))).reasons).toEqual(['TOXIC']);
  });

  it('refuses more than 95 % duplicates, also where the sample shows no two copies', async () => {
    expect((await assess(texts(100, () => unique(1)))).reasons).toEqual(['DUPLICATES']);
    // Forty copies each, spread over the file: a sample of 1 kB draws them hardly ever together.
    const spread = await assess(
      texts(4000, (i) => unique(i % 100)),
      { sampleBytes: 1000 },
    );
    expect(spread.reasons).toEqual(['DUPLICATES']);
    expect(spread.duplicates.near / spread.sample.documents).toBeLessThan(0.95);
  });

  it('compares with other sets', async () => {
    const signatures = Array.from({ length: 40 }, (_, i) => minhash(unique(i)));
    const known = [['gold-1', { signatures, whole: true }]] as const;
    const report = await assess(texts(100, unique), { known });
    expect(report.duplicates).toMatchObject({
      ...{ near: 40, of: { 'gold-1': 40 }, sets: {} },
      ...{ nearly: { 'gold-1': 0.4 }, share: 0.4 },
    });
  });

  describe('with other sets of thousands of texts', () => {
    const random = new Random('near');
    const textsOf = (letter: string) =>
      Array.from({ length: 3000 }, () =>
        Array.from({ length: 30 }, () => `${letter}${random.int(0, 20_000)}`),
      );
    const [many, others] = [textsOf('w'), textsOf('x')];
    const changed = (all: readonly (readonly string[])[]) =>
      all.map((text) => text.with(random.int(0, 29), 'changed'));
    const survey = async (all: readonly (readonly string[])[], known: AssessOptions['known'] = []) => {
      const lines = all.map((text) => JSON.stringify({ text: text.join(' ') }));
      return unwrap(await surveyDataset(documentsIn(lines), { seed: SEED, licence: 'MIT', known }));
    };
    let gold: NearSketch;
    beforeAll(async () => ({ near: gold } = await survey(many)));

    it('refuses one with a changed word in each line', async () => {
      expect(gold.whole).toBe(false);
      expect(gold.signatures).toHaveLength(KEPT_SIGNATURES);
      const { report, near } = await survey(changed(many), [['gold-1', gold]]);
      expect(report).toMatchObject({ reasons: ['DUPLICATES'], duplicates: { copies: 0, sets: {} } });
      expect(report.duplicates.nearly?.['gold-1']).toBeGreaterThan(0.95);
      // What the sample has of what is kept says little.
      expect(report.duplicates.near / report.sample.documents).toBeLessThan(0.5);
      // Less of it is kept to be compared where there are many sets.
      const some = nearOverlapOf(near, [['gold-1', firstOf(gold, 256)]]);
      expect(Math.abs(some.share - 1)).toBeLessThan(0.1);
      expect(nearOverlapOf(near, [['gold-1', firstOf(gold, 32)]])).toEqual({ bySet: {}, share: 0 });
    });

    it('estimates how much of one is new, and refuses one that is put together of several', async () => {
      const { near: silver } = await survey(others);
      const mixed = [...changed(many.slice(0, 1500)), ...changed(others.slice(1500))];
      const half = (await survey(mixed, [['gold-1', gold]])).report;
      expect(half.reasons).toEqual([]);
      expect(Math.abs(half.duplicates.share - 0.5)).toBeLessThan(0.1);
      const { report } = await survey(mixed, [
        ['gold-1', gold],
        ['silver-1', silver],
      ]);
      expect(report.reasons).toEqual(['DUPLICATES']);
      for (const share of Object.values(report.duplicates.nearly ?? {})) expect(share).toBeLessThan(0.6);
      expect(nearOverlapOf(silver, [['gold-1', gold]])).toEqual({ bySet: {}, share: 0 });
    });

    it('keeps the first signatures in whatever order the texts come, and all where there are few', async () => {
      expect((await survey([...many].reverse())).near).toEqual(gold);
      const few = await survey([...many.slice(0, 200), ...many.slice(0, 10)]);
      expect([few.near.whole, few.near.signatures.length]).toEqual([true, 200]);
    });
  });

  it('compares with other sets that are kept whole', async () => {
    const { near } = unwrap(
      await surveyDataset(documentsIn(texts(30, unique)), { seed: SEED, licence: 'MIT' }),
    );
    const report = await assess(texts(40, unique), { known: [['gold-1', near]] });
    expect(report.duplicates).toMatchObject({ nearly: { 'gold-1': 0.75 }, share: 0.75 });
  });

  it.each([
    ['LicenseRef-mine', ['LICENCE_UNKNOWN']],
    ['CC-BY-NC-4.0', ['LICENCE_RESTRICTED']],
    ['GPL-3.0-only', []],
  ])('judges the licence %s', async (licence, reasons) => {
    expect((await assess(texts(3, unique), { licence })).reasons).toEqual(reasons);
  });

  it('counts a single line under a worse licence', async () => {
    const lines = [...texts(3, unique), '{"text":"mine","license":"proprietary"}'];
    expect(await assess(lines)).toMatchObject({
      reasons: ['LICENCE_UNKNOWN'],
      licence: { class: 'unknown', lines: { unknown: 1 } },
    });
  });
});

it('passes on what is wrong with the file', async () => {
  const refused = await assessDataset(documentsIn(['{"text":"a"}', 'no json']), {
    seed: SEED,
    licence: 'MIT',
  });
  expect(refused).toMatchObject({ ok: false, error: { code: 'DATASET_JSON', facts: { line: 2 } } });
});
