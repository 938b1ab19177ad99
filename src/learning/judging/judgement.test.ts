import { ok, unwrap } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import { auditFigures } from '../audit/audit-figures.js';
import { notAudited } from '../checks/check-outcome.js';
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

describe('the verdict', () => {
  const judge = async (
    opening: SubmissionRow['opening'],
    account = 'somebody',
    checks: SubmissionRow['checks'] = [],
  ) => {
    const statement = { author: 'a', release: hash('1'), datasets: [], domains: [] };
    const row = {
      ...{ id: 'submission', account, model: 'genesis', headers: [] },
      statement,
      opening,
      checks,
    };
    const work = { signal: new AbortController().signal, progress: () => undefined };
    const judged = new Judgement(meter, rounds, sources, files).judge(
      row as unknown as SubmissionRow,
      beacon,
      models,
      work,
      rules,
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

  it('says who has a part in what a round has made', async () => {
    expect(await judge(null, 'a round')).toMatchObject({ members });
    expect(await judge(null)).not.toHaveProperty('members');
  });
});
