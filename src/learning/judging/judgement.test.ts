import { ok, unwrap } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import type { DatasetRows } from '../../datasets/index.js';
import { auditFigures } from '../audit/audit-figures.js';
import { notAudited, passed } from '../checks/check-outcome.js';
import { ACCEPTANCE_RULES, type DomainLosses } from '../evaluation/acceptance.js';
import type { DomainExamples } from '../evaluation/example-source.js';
import type { ExampleSources } from '../evaluation/example-sources.js';
import { generatedSupply } from '../evaluation/example-supply.js';
import type { LossMeter } from '../evaluation/loss-meter.js';
import type { RoundStore } from '../rounds/round-store.js';
import type { MeasuredSubject } from '../sealed/sealed-examples.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { ComparedModels } from './compared-models.js';
import { Judgement } from './judgement.js';

const hash = (digit: string) => digit.repeat(64);
const beacon = { submission_index: 1, nonce_index: 2, size: 3, root: hash('b') };
const models = { base: { release: hash('1') } } as unknown as ComparedModels;

/** Fewer resamples than usual: the intervals are clear enough. */
const rules = { ...ACCEPTANCE_RULES, resamples: 200 };

/** A domain whose losses rise by a fiftieth in the middle, and by far more or less in each example. */
let doubted: string | null = null;
let count = 0;
const candidateOf = (name: string) => (name === doubted ? 1.02 + (count++ % 2 === 0 ? 2 : -2) : 0.9);

/** Says that every loss has fallen by a tenth. */
const meter = {
  kernel: () => Promise.resolve(ok(hash('c'))),
  compare: (_: unknown, examples: DomainExamples) => {
    const pairs = [...examples].map(([name, contents]) => [
      name,
      contents.map(() => ({ base: 1, candidate: candidateOf(name), tokens: 1 })),
    ]);
    return Promise.resolve(ok(Object.fromEntries(pairs) as DomainLosses));
  },
} as unknown as LossMeter;

const members = [{ author: 'b', weight: 900_000 }];
const rounds = {
  weightsOf: (account: string) => Promise.resolve(account === 'a round' ? members : null),
} as unknown as RoundStore;
const sources = {
  of: ({ beacon: { root } }: MeasuredSubject) => generatedSupply(root),
} as unknown as ExampleSources;

const files = new SubmissionFiles({ dataDir: '/nowhere' } as AppConfig);

/** Settings that decide instead of these rules; null: none. */
let own: AppConfig | null = null;
const config = { learningDelta: 0.02, learningEpsilon: 0.01 } as AppConfig;

const [named, newest] = [hash('d'), hash('e')];
const datasets = {
  auditedSince: (blocks: readonly string[]) =>
    Promise.resolve(new Map(blocks.includes(named) ? [[named, newest]] : [])),
} as unknown as DatasetRows;

describe('the verdict', () => {
  const judge = async (
    opening: SubmissionRow['opening'],
    account = 'somebody',
    checks: SubmissionRow['checks'] = [],
    paid = 0,
    stated: readonly string[] = [],
  ) => {
    const statement = { author: 'a', release: hash('1'), datasets: stated, domains: [] };
    const row = {
      ...{ id: 'submission', account, model: 'genesis', headers: [] },
      statement,
      opening,
      checks,
    };
    const work = { signal: new AbortController().signal, progress: () => undefined, paid };
    const judged = new Judgement(meter, rounds, sources, files, own ?? config, datasets).judge(
      row as unknown as SubmissionRow,
      beacon,
      models,
      work,
      ...(own === null ? [rules] : []),
    );
    return unwrap(await judged);
  };

  it('says what was replayed of the training, and nothing where nothing was', async () => {
    const asked = { updates: [1, 5], of: 40, share: 0.05, until: 0 };
    const audited = await judge(asked);
    expect(audited).toMatchObject({ accepted: true, kernel: hash('c'), audit: auditFigures(asked) });
    expect(await judge(null)).not.toHaveProperty('audit');
  });

  it('notes where the training was not audited, and has no notes else', async () => {
    const checks = [notAudited('the contributor does not show the training')];
    const notes = [{ code: 'NOT_AUDITED', detail: 'the contributor does not show the training' }];
    expect(await judge(null, 'somebody', checks)).toMatchObject({ accepted: true, notes });
    expect(await judge(null)).not.toHaveProperty('notes');
  });

  it('notes what may still be chance after all that was drawn, and accepts it', async () => {
    [doubted, count] = ['arithmetic', 0];
    const verdict = await judge(null);
    doubted = null;
    expect(verdict).toMatchObject({ accepted: true, reasons: [], examples: { more: { arithmetic: 3 } } });
    const detail = expect.stringMatching(
      /^arithmetic: the loss rises by \d+\.\d\d % on \d+ examples, which may be chance/,
    ) as string;
    expect(verdict.notes).toEqual([{ code: 'DOMAIN_UNCERTAIN', detail }]);
  });

  it('says what is paid for: nothing without an audit, and nothing twice', async () => {
    expect(await judge(null)).toMatchObject({ rewarded: { fall: expect.closeTo(0.1) as number, before: 0 } });
    const checks = [notAudited('the contributor does not show the training')];
    expect(await judge(null, 'somebody', checks)).toMatchObject({
      accepted: true,
      rewarded: { fall: 0, reason: { code: 'NOT_AUDITED' } },
    });
    const asked = { updates: [1, 5], of: 40, share: 0.05, until: 0 };
    expect(await judge(asked, 'somebody', checks)).not.toHaveProperty('audit');
    expect(await judge(null, 'a round', checks)).toMatchObject({ rewarded: { before: 0 } });
    expect(await judge(null, 'somebody', [], 0.08)).toMatchObject({
      rewarded: { fall: expect.closeTo(0.02) as number, before: 0.08, reason: { code: 'GAIN_PAID_BEFORE' } },
    });
  });

  it('is made by the rules of the settings, and states them', async () => {
    own = { learningDelta: 0.2, learningEpsilon: 0.005 } as AppConfig;
    const verdict = await judge(null);
    own = null;
    expect(verdict).toMatchObject({ accepted: false, rules: { delta: 0.2, epsilon: 0.005 } });
    expect(verdict.reasons).toEqual([
      { code: 'GAIN_TOO_SMALL', detail: expect.stringContaining('asked for is 20.00 %') as string },
    ]);
    expect(verdict).not.toHaveProperty('rewarded');
  });

  it('names the newest block of a set that is named by one from before its audit', async () => {
    const verdict = await judge(null, 'somebody', [], 0, [named, hash('f')]);
    expect(verdict).toMatchObject({ datasets: [named, hash('f')], audited: { [named]: newest } });
    expect(await judge(null, 'somebody', [], 0, [hash('f')])).not.toHaveProperty('audited');
  });

  it('says in which datasets the shown documents stand, and notes those that are named for others', async () => {
    const data = {
      ...{ documents: 4, tokens: 40, named: 0, unnamed: 30 },
      sets: [
        { block: hash('f'), tokens: 0, first: 0 },
        { block: hash('e'), tokens: 30, first: 30 },
      ],
    };
    const checks = [passed('audit', '', { data }, 1)];
    const verdict = await judge(null, 'somebody', checks, 0, [hash('f')]);
    expect(verdict).toMatchObject({ data, datasets: [hash('f')] });
    expect(verdict.notes?.map(({ code }) => code)).toEqual(['DATASET_UNNAMED', 'DATASET_NOT_SHOWN']);
    expect(await judge(null)).not.toHaveProperty('data');
  });

  it('says who has a part in what a round has made', async () => {
    expect(await judge(null, 'a round')).toMatchObject({ members });
    expect(await judge(null)).not.toHaveProperty('members');
  });
});
