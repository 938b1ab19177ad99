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
  it('end where its data was withdrawn meanwhile, which trust does not look at', async () => {
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
    );
    expect(unwrap(await steps.step(row, AbortSignal.timeout(60_000)))).toBe('wait');
    expect(asked).toEqual([row.statement.datasets]);
    const why = { code: 'SUBMISSION_DATASET', detail: 'dataset ds_1 is withdrawn' };
    expect(rejected).toEqual([[row, why, { checks: [], counts: false }]]);
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
        ...([unused, unused, unused, unused, publication as never, new EventBus()] as const),
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
  });
});
