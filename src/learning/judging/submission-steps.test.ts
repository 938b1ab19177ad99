import { CodedError, err, EventBus, ok, unwrap } from '../../common/index.js';
import type { Transactions } from '../../database/index.js';
import type { DatasetGate } from '../checks/dataset-gate.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { SubmissionChanges, SubmissionStore } from '../submission/submission-store.js';
import type { Publication } from './publication.js';
import { SubmissionSteps } from './submission-steps.js';

const unused = {} as never;
const row = {
  ...{ id: `submission_${'a'.repeat(32)}`, model: 'genesis', state: 'evaluating', checks: [] },
  ...{ beacon: { root: 'ab' }, statement: { datasets: ['cd'.repeat(32)] } },
} as unknown as SubmissionRow;

describe('the steps of a submission', () => {
  it.each([
    ['evaluating', null],
    ['waiting_opening', { updates: [1], of: 2, share: 0.5, until: 0 }],
  ])('end where its data was withdrawn while %s, which trust does not look at', async (state, opening) => {
    const waiting = { ...row, state, opening } as unknown as SubmissionRow;
    const asked: (readonly string[])[] = [];
    const gate = {
      check: (datasets: readonly string[]) => {
        asked.push(datasets);
        return Promise.resolve(err(new CodedError('SUBMISSION_DATASET', 'dataset ds_1 is withdrawn')));
      },
    } as unknown as DatasetGate;
    const rejected: unknown[][] = [];
    const publication = {
      reject: (...told: unknown[]) => Promise.resolve(void rejected.push(told)),
    } as unknown as Publication;
    const events = new EventBus();
    const told: string[] = [];
    events.on('submission.changed', ({ state }) => told.push(state));
    const steps = new SubmissionSteps(
      ...([unused, unused, unused, unused, unused, gate, unused, unused, unused] as const),
      publication,
      events,
      unused,
    );
    expect(unwrap(await steps.step(waiting, AbortSignal.timeout(60_000)))).toBe('wait');
    expect(asked).toEqual([row.statement.datasets]);
    const why = { code: 'SUBMISSION_DATASET', detail: 'dataset ds_1 is withdrawn' };
    expect(rejected).toEqual([[waiting, why, { checks: [], counts: false }]]);
    expect(told).toEqual(['rejected']);
  });

  it.each(['SUBMISSION_OUTDATED', 'WEIGHTS_OUT_OF_SHAPE'])(
    'end with %s where the live release refuses its experts by now, before and after it was accepted',
    async (code) => {
      const refused = () => Promise.resolve(err(new CodedError(code, 'why', {}, 409)));
      const ended: unknown[] = [];
      const publication = {
        live: () => Promise.resolve(ok({ weights: new Map() })),
        release: refused,
        reject: (...[, why, { counts }]: [unknown, unknown, { counts: boolean }]) =>
          Promise.resolve(void ended.push([why, counts])),
      };
      const store = {
        hold: () => Promise.resolve(row),
        move: (_manager: unknown, _row: unknown, to: string, changes: SubmissionChanges) =>
          Promise.resolve(void ended.push([to, changes])),
      };
      const transactions = { run: <T>(work: (manager: unknown) => T) => work({}) };
      const sut = new SubmissionSteps(
        ...([store as never, transactions as never, unused, unused, { of: refused } as never] as const),
        ...([unused, unused, unused, unused, publication as never, new EventBus(), unused] as const),
      );
      const headers = [{ name: 'layer0.expert4', metadata: { router: {} } }];
      for (const state of ['received', 'accepted']) {
        const at = { ...row, state, headers, version: null } as unknown as SubmissionRow;
        expect((await sut.step(at, AbortSignal.timeout(60_000))).ok).toBe(true);
      }
      expect(ended).toEqual([
        [{ code, detail: 'why' }, false],
        ['superseded', { code: 'SUBMISSION_SUPERSEDED', detail: 'why' }],
      ]);
    },
  );

  describe('beside another one of the same expert that is accepted', () => {
    async function step(
      state: string,
      { undecided, overdue = false }: { undecided: string | null; overdue?: boolean },
    ) {
      const done: unknown[] = [];
      const note =
        <T>(answer: T) =>
        (...told: unknown[]) => {
          done.push(...told.slice(1, 4));
          return Promise.resolve(answer);
        };
      const verdict = { accepted: true, figures: { overall: { fall: 0.03 } } };
      const rival = { id: 'submission_1', state: 'accepted', verdict, added: new Map([['e', 'declined']]) };
      const rivals = {
        of: () => Promise.resolve({ accepted: [rival], undecided }),
        isOverdue: () => Promise.resolve(overdue),
      };
      const accepted = { accepted: true, figures: { overall: { fall: 0.05, low: 0.04, high: 0.06 } } };
      const judge = (...[, , , { paid }]: [unknown, unknown, unknown, { paid: number }]) =>
        Promise.resolve(ok({ ...accepted, paid }));
      const store = {
        hold: () => Promise.resolve(row),
        move: (_manager: unknown, _row: unknown, to: string, { code }: SubmissionChanges) =>
          Promise.resolve(void done.push(to, code)),
      };
      const publication = {
        reject: note(undefined),
        putBack: () => Promise.resolve(),
        accept: (...[, verdict, , known]: [unknown, { paid: number }, unknown, ReadonlySet<string>]) => {
          done.push(verdict.paid, ...known);
          return Promise.resolve(err(new CodedError('EXPERT_UNDECIDED', 'why', {}, 409)));
        },
      };
      const models = { of: () => Promise.resolve(ok({ live: { weights: new Map() } })) };
      const events = new EventBus();
      events.on('submission.changed', (told) => done.push(`told ${told.state}`));
      const sut = new SubmissionSteps(
        store as never,
        { run: <T>(work: (manager: unknown) => T) => work({}) } as never,
        ...([unused, unused, models as never] as const),
        { check: () => Promise.resolve(ok()) } as never,
        ...([unused, unused, { judge } as never, publication as never, events, rivals as never] as const),
      );
      const stepped = await sut.step({ ...row, state } as SubmissionRow, AbortSignal.timeout(60_000));
      return [unwrap(stepped), done];
    }

    it('it stands back before it is evaluated, and goes on when that is decided', async () => {
      const back = ['waiting_decision', 'EXPERT_UNDECIDED', 'told waiting_decision'];
      expect(await step('evaluating', { undecided: 'submission_1' })).toEqual(['next', back]);
      expect(await step('waiting_decision', { undecided: 'submission_1' })).toEqual(['wait', []]);
      const on = ['evaluating', null, 'told evaluating'];
      expect(await step('waiting_decision', { undecided: null })).toEqual(['next', on]);
    });

    it('it ends where nobody decides for too long, which trust does not look at', async () => {
      const why = { code: 'DECISION_LATE', detail: expect.stringContaining('7 days') as string };
      expect(await step('waiting_decision', { undecided: 'submission_1', overdue: true })).toEqual([
        'wait',
        [why, { checks: [], counts: false }, 'told rejected'],
      ]);
    });

    it('it is evaluated anew where that one was accepted meanwhile, and judged by what was paid before', async () => {
      expect(await step('evaluating', { undecided: null })).toEqual(['next', [0.03, 'submission_1']]);
    });
  });

  describe('after it was accepted, where another release went live since its own was made', () => {
    const accepted = { ...row, state: 'accepted', headers: [{ name: 'e', metadata: { parent: 'live' } }] };
    const waiting = { ...accepted, version: '1.0.1', release: 'own', decision: 'decision_1', code: null };
    async function step(
      isOn: boolean,
      isDeclined: boolean,
      changes: object = {},
      refusal: string | null = null,
      isSuperseded = false,
    ) {
      const changed: SubmissionChanges[] = [];
      const store = {
        hold: () => Promise.resolve(waiting),
        change: (_manager: unknown, _id: string, made: SubmissionChanges) =>
          Promise.resolve(void changed.push(made)),
      };
      const transactions = { run: <T>(work: (manager: unknown) => T) => work({}) };
      const publication = {
        live: () => Promise.resolve(ok({ weights: new Map([['e', { block: 'live' }]]) })),
        isOn: () => Promise.resolve(isOn),
        isDeclined: () => Promise.resolve(isDeclined),
        isSuperseded: () => Promise.resolve(isSuperseded),
        ask: () =>
          Promise.resolve(refusal === null ? ok('decision_2') : err(new CodedError(refusal, '', {}, 409))),
      };
      const steps = new SubmissionSteps(
        ...([store as unknown as SubmissionStore, transactions as unknown as Transactions] as const),
        ...([unused, unused, unused, unused, unused, unused, unused] as const),
        publication as unknown as Publication,
        new EventBus(),
        unused,
      );
      const stepped = await steps.step(
        { ...waiting, ...changes } as unknown as SubmissionRow,
        AbortSignal.timeout(60_000),
      );
      return [stepped.ok ? stepped.value : stepped.error.code, changed];
    }
    const anew = { release: null, version: null, decision: null, code: null, detail: null };

    it('another one is made on top of that', async () => {
      expect(await step(false, false)).toEqual(['next', [anew]]);
    });

    it('nothing is made where somebody has said no', async () => {
      expect(await step(false, true)).toEqual(['wait', []]);
    });

    it('its own waits for its decision where it is on top of what is live', async () => {
      expect(await step(true, false)).toEqual(['wait', []]);
      expect(await step(true, false, { decision: null })).toEqual(['next', [{ decision: 'decision_2' }]]);
    });

    it('it is asked for again where its question was closed while another was live', async () => {
      expect(await step(true, false, {}, null, true)).toEqual(['next', [{ decision: null }]]);
    });

    it('it is looked at again where that happened while it was asked for', async () => {
      expect(await step(true, false, { decision: null }, 'RELEASE_BASE_MOVED')).toEqual([
        'RELEASE_BASE_MOVED',
        [],
      ]);
      expect(await step(true, false, { decision: null }, 'PROMOTION_FAILED')).toEqual([
        'wait',
        [{ code: 'PROMOTION_FAILED', detail: '' }],
      ]);
    });

    it('it is asked for again in a while where another one comes by stages', async () => {
      expect(await step(true, false, { decision: null }, 'ROLLOUT_BUSY')).toEqual([
        { againAfterMs: 15_000 },
        [],
      ]);
    });
  });
});
