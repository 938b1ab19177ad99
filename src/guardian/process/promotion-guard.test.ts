import { ok, unwrap } from '../../common/index.js';
import type { PromotionAsk } from '../../experts/index.js';
import type { Stage } from '../actions/release-stages.js';
import type { Rollout } from '../autopilot/rollouts.js';
import type { DecisionState } from '../states.js';
import { PromotionGuard } from './promotion-guard.js';

const LIVE = 'a'.repeat(64);
const OWN = 'b'.repeat(64);
const OTHER = 'c'.repeat(64);
const ask: PromotionAsk = {
  ...{ model: 'genesis', version: '1.0.1', actor: 'learning', mayOrder: false, staged: true },
  ...{ base: LIVE, key: 'submission_1' },
};

/** @param standing what else comes by stages, and where that is */
function guardOf(standing: { rollout: Partial<Rollout> | null; state?: DecisionState; stage?: string }) {
  const { rollout, state = 'succeeded', stage } = standing;
  const asked: string[] = [];
  const noted: unknown[] = [];
  const decisions = {
    request: ({ action }: { action: string }) => {
      asked.push(action);
      return Promise.resolve(ok({ id: 'decision_2', state: 'waiting', detail: 'asked', appraisal: {} }));
    },
  };
  const rollouts = {
    refresh: () => Promise.resolve(),
    of: () => rollout && { version: '1.0.2', step: 'canary', decision: 'decision_1', ...rollout },
    note: (_model: string, told: Partial<Rollout>) => Promise.resolve(void noted.push(told.release)),
  };
  const sut = new PromotionGuard(
    ...([{}, decisions, {}, { live: () => Promise.resolve({ release: LIVE }) }] as unknown as [
      never,
      never,
      never,
      never,
    ]),
    { releases: () => Promise.resolve([{ hash: OWN, version: '1.0.1' }]) } as never,
    rollouts as never,
    { of: () => (stage === undefined ? null : ({ release: stage } as Stage)) } as never,
    { decision: () => Promise.resolve(ok({ state })) } as never,
  );
  return { sut, asked, noted };
}

describe('a release that is to come to people by stages', () => {
  it('waits while another one does, or a guardian is asked about it', async () => {
    for (const standing of [{ stage: OTHER }, { state: 'waiting' as const }, { state: 'held' as const }]) {
      const { sut, asked, noted } = guardOf({ rollout: { release: OTHER }, ...standing });
      const refused = await sut.decide(ask);
      expect(refused).toMatchObject({ ok: false, error: { code: 'ROLLOUT_BUSY', status: 409 } });
      expect([asked, noted]).toEqual([[], []]);
    }
  });

  it('begins where that is over, where none comes, and where it is the one', async () => {
    for (const standing of [
      { rollout: null },
      { rollout: { release: OWN }, stage: OWN },
      { rollout: { release: OTHER }, state: 'rejected' as const },
      { rollout: { release: OTHER }, state: 'recorded' as const },
      { rollout: { release: OTHER } },
    ]) {
      const { sut, asked } = guardOf(standing);
      expect(unwrap(await sut.decide(ask)).outcome).toBeNull();
      expect(asked).toEqual(['shadow']);
    }
  });

  it('takes the place of another one where somebody asks for it whatever is live', async () => {
    const { sut, noted } = guardOf({ rollout: { release: OTHER }, stage: OTHER });
    unwrap(await sut.decide({ ...ask, base: undefined }));
    expect(noted).toEqual([OWN]);
  });
});
