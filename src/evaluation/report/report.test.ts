import { ed25519Signer } from '../../keys/index.js';
import { bytesToHex } from '../../common/index.js';
import { parseQuestionSet, readQuestionSet } from '../pairs/question-set.js';
import { itemsOf } from '../pairs/items.js';
import { publishedFigures, reportBody, type MirrorFigures } from './mirror-report.js';
import { signReport, verifyReport } from './sign-report.js';
import { ethicsIn, lossIn } from '../runs/truth-mirror.js';

const signer = ed25519Signer(new Uint8Array(32).fill(7));
const figures = {
  ...{ model: 'm', version: '1.0.0', release: 'a'.repeat(64), kernel: 'b'.repeat(64), axes: [], notes: [] },
  ...{
    bias: { value: 0.123456789, low: 0, high: 1 },
    fairness: { value: 0.9, low: 0, high: 1 },
    unmeasured: [],
  },
  ...{
    questions: { version: 1, hash: 'c'.repeat(64) },
    transparency: { author: 1, licence: 0.25, data: 0.5, all: 0.25 },
  },
} as unknown as MirrorFigures;
const report = (changes: Partial<MirrorFigures> = {}, at = 1_760_000_000_000) =>
  signReport(
    reportBody('mirror_1', publishedFigures({ ...figures, ...changes }), bytesToHex(signer.publicKey), at),
    signer,
  );

describe('a report', () => {
  it('holds as it was signed, and in no other way', () => {
    const good = report();
    expect(verifyReport(JSON.parse(JSON.stringify(good)))).toMatchObject({ ok: true });
    const code = (value: unknown) => {
      const result = verifyReport(value);
      return result.ok ? null : result.error.code;
    };
    expect(code({ ...good, figures: { ...(good.figures as object), bias: 0 } })).toBe('REPORT_FIGURES');
    expect(code({ ...good, measured_at: '2020-01-01T00:00:00.000Z' })).toBe('REPORT_SIGNATURE');
    expect(code({ ...good, node: 'd'.repeat(64) })).toBe('REPORT_SIGNATURE');
    expect(code({ ...good, extra: 1 })).toBe('REPORT_SHAPE');
    for (const wrong of [null, 'x', [], {}, { ...good, signature: 'zz' }])
      expect(code(wrong)).toBe('REPORT_SHAPE');
  });

  it('names its figures by a hash that time does not change', () => {
    expect(report({}, 1).figures_hash).toBe(report({}, 2).figures_hash);
    expect(report({ version: '1.0.1' }).figures_hash).not.toBe(report().figures_hash);
    expect(report().figures).toMatchObject({ bias: { value: 0.123457 } });
  });

  it('tells the guardians only what is known', () => {
    expect(ethicsIn(report())).toMatchObject({ bias: 0.123457, fairness: 0.9, transparency: 0.25 });
    expect(ethicsIn(report({ bias: null }))).toMatchObject({
      ...{ bias: null, fairness: 0.9, transparency: 0.25, missing: ['licence', 'data'] },
    });
    const language = { nats_per_byte: 1.25, sentences: 3, bytes: 90 };
    expect(lossIn(report({ language, bias: null }))).toMatchObject({
      natsPerByte: 1.25,
      questions: 'c'.repeat(64),
    });
    expect(lossIn(report())).toBeUndefined();
    expect(lossIn(report({ language: null }))).toBeUndefined();
  });
});

describe('the questions', () => {
  it('of this installation are sound: every item has one sentence per group, and none twice', async () => {
    const set = await readQuestionSet();
    if (!set.ok) throw set.error;
    const items = itemsOf(set.value);
    expect(items.length).toBeGreaterThan(150);
    for (const { groups, sentences } of items) {
      expect(sentences).toHaveLength(groups.length);
      expect(new Set(sentences).size).toBe(sentences.length);
    }
    const all = items.flatMap(({ sentences }) => sentences);
    expect(all.every((sentence) => /^[A-Z].*\.$/.test(sentence))).toBe(true);
  });

  it.each<[unknown, string]>([
    [null, 'version'],
    [{ version: 1, axes: {}, continuations: ['a'], prompts: ['b'] }, 'no axes'],
    [
      { version: 1, axes: { x: { frames: [{ a: 'A' }] } }, continuations: ['a'], prompts: ['b'] },
      'frames of x',
    ],
    [
      {
        version: 1,
        axes: {
          x: {
            frames: [
              { a: 'A', b: 'B' },
              { a: 'A', c: 'C' },
            ],
          },
        },
        continuations: ['a'],
        prompts: ['b'],
      },
      'frames of x',
    ],
    [{ version: 1, axes: { x: null }, continuations: ['a'], prompts: ['b'] }, 'frames of x'],
    [{ version: 1, axes: {}, continuations: [''], prompts: ['b'] }, 'no texts'],
    [{ version: 1, extra: 1 }, 'unknown extra'],
  ])('are refused where they are wrong: %j', (value, why) => {
    const result = parseQuestionSet(value);
    expect(result.ok ? '' : result.error.message).toContain(why);
  });
});
