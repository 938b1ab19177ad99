import { SchedulerRegistry } from '@nestjs/schedule';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { Transactions } from '../../src/database/index.js';
import type { CheckOutcome } from '../../src/learning/checks/check-outcome.js';
import { FilterSchedule } from '../../src/learning/filter/filter-schedule.js';
import { FilterStore } from '../../src/learning/filter/filter-store.js';
import { LearntPreFilter } from '../../src/learning/filter/learnt-pre-filter.js';
import { testConfig } from '../support/index.js';
import { openChain, type ChainUnderTest } from './chain-support.js';

let chain: ChainUnderTest;
let store: FilterStore;
let schedule: FilterSchedule;
let filter: LearntPreFilter;
let count = 0;

beforeAll(async () => {
  chain = await openChain();
  store = new FilterStore(chain.dataSource);
  schedule = new FilterSchedule(
    testConfig(),
    new SchedulerRegistry(),
    new Transactions(chain.dataSource),
    store,
    chain.log,
    new AutonomyGate(),
  );
  filter = new LearntPreFilter(store);
});
afterAll(() => chain.close());

/** Figures of a pre-filter: how much the loss on public examples changed. */
const figures = (rise: number) => ({
  tensors: { 'layer0.expert0': [{ name: 'gate', change: 0.01, norm_ratio: 1, peak: 10 }] },
  probe: { base: 2, candidate: 2 * (1 + rise) },
});

/** A submission that was evaluated, or (null) rejected without, by this code. */
async function judged(
  rise: number,
  accepted: boolean | null,
  learnt: CheckOutcome | null = null,
  code: string | null = null,
) {
  const check = {
    name: 'pre_filter',
    passed: true,
    code: null,
    detail: '',
    figures: figures(rise),
    took_ms: 1,
  };
  const id = `submission_${String(++count).padStart(32, '0')}`;
  await chain.dataSource.query(
    `INSERT INTO learning_submissions (id, account, author, model, parent_release, statement, signature, manifest, headers,
       state, checks, verdict, judged_at, code)
     VALUES ($1, 'a', 'b', 'tiny', $2, '{}', '', '{}', '[]', $3, $4, $5, now() + $6 * interval '1 second', $7)`,
    [
      ...[id, '0'.repeat(64), accepted === true ? 'released' : 'rejected'],
      ...[JSON.stringify([check, ...(learnt === null ? [] : [learnt])])],
      ...[accepted === null ? null : JSON.stringify({ accepted }), count, code],
    ],
  );
}

async function entries(): Promise<number> {
  const [{ found }] = await chain.dataSource.query<{ found: string }[]>(
    `SELECT count(*) AS found FROM log_entries WHERE kind = 'learning.filter'`,
  );
  return Number(found);
}

describe('a pre-filter that learns from verdicts', () => {
  it('is asked only once it was learnt, and learnt only from enough verdicts', async () => {
    expect(await filter.check(figures(0.05))).toBeNull();
    for (let i = 0; i < 30; i++) await judged(-0.04 - (i % 5) / 1000, true);
    expect(await schedule.train()).toBe(false);
    for (let i = 0; i < 30; i++) await judged(0.05 + (i % 5) / 1000, false);
    await judged(0.09, null);
    expect(await schedule.train()).toBe(true);
    expect(await store.newest()).toMatchObject({
      filter: { figures: { accepted: 30, rejected: 30, precision: 1 }, unused: null },
    });
    expect(await entries()).toBe(1);
  });

  it('is not stored again while the verdicts are the same', async () => {
    expect(await schedule.train()).toBe(false);
    expect(await entries()).toBe(1);
  });

  it('turns away what is like those that were rejected, evaluates some of them, and says how it fares', async () => {
    filter.isDrawn = () => false;
    expect(await filter.check(figures(-0.04))).toMatchObject({ name: 'learnt_filter', passed: true });
    const refused = await filter.check(figures(0.06));
    expect(refused).toMatchObject({ passed: false, code: 'ACCEPTANCE_UNLIKELY' });
    filter.isDrawn = () => true;
    const drawn = await filter.check(figures(0.06));
    expect(drawn).toMatchObject({ passed: true, detail: expect.stringContaining('all the same') as string });
    expect(await filter.check(null)).toBeNull();

    await judged(0.06, null, refused);
    await judged(0.06, false, drawn);
    await judged(0.06, true, drawn);
    await judged(-0.04, true, await filter.check(figures(-0.04)));
    expect(await store.experience()).toEqual({ turned_away: 1, evaluated: 2, evaluated_and_rejected: 1 });
  });

  it('learns from those that the audit or the probe has rejected, and not from those it has turned away itself', async () => {
    await chain.dataSource.query('DELETE FROM learning_submissions');
    for (let i = 0; i < 30; i++) await judged(-0.04 - (i % 5) / 1000, true);
    for (let i = 0; i < 20; i++) await judged(0.05 + (i % 5) / 1000, false);
    await judged(0.01, null, null, 'AUDIT_UPDATE');
    await judged(0.4, null, null, 'PROBE_WORSE');
    for (const code of ['ACCEPTANCE_UNLIKELY', 'OPENING_LATE', 'COPY_OF_EXPERT', 'SUBMISSION_OUTDATED'])
      await judged(0.02, null, null, code);
    const examples = await store.examples();
    expect(examples).toHaveLength(52);
    expect(examples.slice(50)).toMatchObject([{ positive: false }, { positive: false, isPlain: true }]);
    expect(examples[50]).not.toHaveProperty('isPlain');
    expect(await schedule.train()).toBe(true);
    // What is plain counts in no figure.
    expect(await store.newest()).toMatchObject({ filter: { figures: { accepted: 30, rejected: 21 } } });
  });

  it('asks nobody while it finds too few', async () => {
    await chain.dataSource.query('DELETE FROM learning_submissions');
    for (let i = 0; i < 60; i++) await judged((i % 5) / 1000, i % 2 === 0);
    expect(await schedule.train()).toBe(true);
    expect((await store.newest())?.filter.unused).toEqual(expect.any(String));
    expect(await filter.check(figures(0.06))).toBeNull();
  });
});
