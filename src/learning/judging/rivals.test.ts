import { jest } from '@jest/globals';
import { EventBus } from '../../common/index.js';
import type { PromotionDoor } from '../../experts/index.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { AcceptedRival } from '../submission/rival-query.js';
import type { SubmissionStore } from '../submission/submission-store.js';
import { MOST_WAIT_MS, RivalSource, SETTLING_MS } from './rivals.js';

const row = { id: 'submission_2', waitingSince: new Date(1_000) } as SubmissionRow;
const asked: AcceptedRival = {
  ...{ id: 'submission_1', model: 'genesis', state: 'accepted', release: 'ab', decision: 'decision_1' },
  ...{ code: null, isSame: true, added: new Map() },
  verdict: { accepted: true, figures: { overall: { fall: 0.05 } } },
};

function sourceOf(
  rivals: readonly AcceptedRival[],
  standing = { over: false, state: 'waiting' },
  { now = 0, asked = [] as string[], events = new EventBus() } = {},
) {
  const store = { rivalsOf: () => Promise.resolve(rivals), now: () => Promise.resolve(now) };
  const door = {
    standing: ({ decision }: { decision: string }) => {
      asked.push(decision);
      return Promise.resolve({ ...standing, detail: null });
    },
  };
  return new RivalSource(store as unknown as SubmissionStore, door as unknown as PromotionDoor, events);
}

describe('accepted submissions of the same expert', () => {
  const undecided = async (changes: Partial<AcceptedRival>, standing?: { over: boolean; state: string }) =>
    (await sourceOf([{ ...asked, ...changes }], standing).of(row)).undecided !== null;

  it('are undecided until somebody has said yes or no, also while they are to be asked for again', async () => {
    expect(await undecided({ release: null, decision: null })).toBe(true);
    expect(await undecided({ decision: null })).toBe(true);
    expect(await undecided({})).toBe(true);
    for (const state of ['outdated', 'superseded'])
      expect(await undecided({}, { over: true, state })).toBe(true);
  });

  it('are decided where they are live or replaced, refused, or nobody is asked about them', async () => {
    for (const state of ['released', 'superseded'] as const) expect(await undecided({ state })).toBe(false);
    for (const state of ['declined', 'failed', 'withdrawn'])
      expect(await undecided({}, { over: true, state })).toBe(false);
    expect(await undecided({ decision: 'none' })).toBe(false);
    expect(await undecided({ decision: null, code: 'PROMOTION_FAILED' })).toBe(false);
  });

  it('are told in their order, with the first one that is undecided', async () => {
    const older = { ...asked, id: 'submission_0', state: 'superseded' as const };
    expect(await sourceOf([older, asked]).of(row)).toEqual({
      undecided: 'submission_1',
      accepted: [older, asked],
    });
    expect(await sourceOf([]).of(row)).toEqual({ undecided: null, accepted: [] });
  });

  it('are asked about until one of them is undecided', async () => {
    const told: string[] = [];
    const all = ['decision_1', 'decision_2', 'decision_3'].map((decision) => ({ ...asked, decision }));
    await sourceOf(all, undefined, { asked: told }).of(row);
    expect(told).toEqual(['decision_1']);
    await sourceOf(all, { over: true, state: 'declined' }, { asked: told }).of(row);
    expect(told).toHaveLength(4);
  });

  describe('are waited for', () => {
    let clock: jest.SpiedFunction<typeof performance.now>;
    beforeEach(() => (clock = jest.spyOn(performance, 'now').mockReturnValue(0)));
    afterEach(() => clock.mockRestore());

    it('from the first time on, but not for ever', async () => {
      const overdue = (after: number, waiting: Partial<SubmissionRow> = {}) => {
        clock.mockReturnValue(0);
        const sut = sourceOf([], undefined, { now: 1_000 + after });
        clock.mockReturnValue(SETTLING_MS);
        return sut.isOverdue({ ...row, ...waiting });
      };
      expect(await overdue(MOST_WAIT_MS)).toBe(false);
      expect(await overdue(MOST_WAIT_MS + 1)).toBe(true);
      expect(await overdue(MOST_WAIT_MS + 1, { updatedAt: new Date(1_000 + MOST_WAIT_MS) })).toBe(true);
      expect(await overdue(MOST_WAIT_MS + 1, { waitingSince: null })).toBe(false);
    });

    it('for a while at least after a start and after a resume', async () => {
      const events = new EventBus();
      const sut = sourceOf([], undefined, { now: 2 * MOST_WAIT_MS, events });
      sut.onApplicationBootstrap();
      const overdueAt = (at: number) => {
        clock.mockReturnValue(at);
        return sut.isOverdue(row);
      };
      const tell = (stopped: boolean) => events.emit('autonomy.changed', { stopped } as never);
      expect(await overdueAt(SETTLING_MS - 1)).toBe(false);
      expect(await overdueAt(SETTLING_MS)).toBe(true);
      tell(true);
      expect(await overdueAt(SETTLING_MS)).toBe(true);
      tell(false);
      expect(await overdueAt(2 * SETTLING_MS - 1)).toBe(false);
      expect(await overdueAt(2 * SETTLING_MS)).toBe(true);
      sut.beforeApplicationShutdown();
      tell(false);
      expect(await overdueAt(2 * SETTLING_MS)).toBe(true);
    });
  });
});
