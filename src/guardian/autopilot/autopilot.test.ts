import { err, ok, type Result } from '../../common/index.js';
import { CodedError } from '../../common/errors.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { testConfig } from '../../../test/support/test-config.js';
import type { DecisionAsk } from '../process/decision-ask.js';
import type { ReleaseFigures } from '../../inference/index.js';
import type { Stage } from '../actions/release-stages.js';
import type { DecisionState } from '../states.js';
import { Autopilot } from './autopilot.js';
import type { Rollout } from './rollouts.js';

type Parts = ConstructorParameters<typeof Autopilot>;
const LOOKS = 8;

describe('the autopilot', () => {
  const live = { hash: 'b'.repeat(64), version: '1.0.1' };
  let asked: DecisionAsk[];
  let features: Record<string, number>;
  let stopped: boolean;
  let refusal: string | null;
  let waiting: number;
  let rollout: Rollout | null;
  let stage: Stage | null;
  let served: ReleaseFigures;
  let state: DecisionState;
  let sut: Autopilot;

  beforeEach(() => {
    [asked, features, stopped, waiting] = [[], {}, false, 0];
    const figures = new LiveFigures();
    figures.register('queue_depth', () => waiting);
    figures.register('active_answers', () => 16);
    const sizing = { current: { streams: 16 }, sizeWith: () => ({ streams: 16 }), mostStreams: 32 };
    const standing = (model: string): Promise<Result<unknown>> =>
      Promise.resolve(
        model === 'genesis'
          ? ok({ features, live, since: 1000 })
          : err(new CodedError('NOTHING_TO_ROLL_BACK', 'nothing before')),
      );
    [refusal, state] = [null, 'succeeded'];
    const request = (ask: DecisionAsk) => {
      asked.push(ask);
      return Promise.resolve(
        refusal === null ? ok({ id: `decision_${asked.length}` }) : err(new CodedError(refusal, 'not now')),
      );
    };
    const stop = {
      get state() {
        return { stopped };
      },
    };
    const models = () =>
      Promise.resolve([
        { name: 'other', liveRelease: null },
        { name: 'genesis', liveRelease: live.hash },
      ]);
    [rollout, stage, served] = [null, null, { answers: 0, failed: 0, firstTokenMs: null }];
    const rollouts = {
      of: (model: string) => (model === 'genesis' ? rollout : null),
      note: (_model: string, noted: object) => void (rollout = { at: Date.now(), ...noted } as Rollout),
      end: () => void (rollout = null),
    };
    const stages = { of: () => stage, since: () => Promise.resolve(null) };
    const figuresOf = { of: () => Promise.resolve(served) };
    const releases = [{ standing }, { models }, stages, figuresOf, rollouts];
    const store = { decision: () => Promise.resolve(ok({ state })) };
    sut = new Autopilot(
      ...([testConfig(), figures, sizing, ...releases, { request }, stop, store] as unknown as Parts),
    );
  });

  const look = async (times: number) => {
    for (let i = 0; i < times; i++) await sut.look();
  };

  it('asks for nothing where nothing is wrong', async () => {
    await look(50);
    expect(asked).toEqual([]);
  });

  it('asks for more streams where callers wait', async () => {
    waiting = 1;
    await look(LOOKS);
    expect(asked).toMatchObject([
      { type: 'scaling', action: 'scale_up', parameters: { streams: 32 }, askedBy: 'autopilot' },
    ]);
    expect(asked[0].idempotencyKey).toMatch(/^autopilot:streams:32:\d+$/);
  });

  it('asks to go back, in an emergency by itself, with the same key for the same release', async () => {
    features = { error_rate: 1, target_health: 1 };
    await look(2);
    const rollback = { type: 'rollback', action: 'previous_release', parameters: { model: 'genesis' } };
    expect(asked).toMatchObject([
      { ...rollback, emergency: true },
      { ...rollback, emergency: true },
    ]);
    expect(asked[1].idempotencyKey).toBe(asked[0].idempotencyKey);
    expect(asked[0].idempotencyKey).toBe(`autopilot:back:${live.hash}:1000:emergency`);
    features = { error_rate: 0.6 };
    await look(1);
    expect(asked[2]).toMatchObject({ emergency: false, idempotencyKey: `autopilot:back:${live.hash}:1000` });
  });

  describe('with a release that comes to people by stages', () => {
    const release = 'c'.repeat(64);
    const deployment = (action: string) => ({ type: 'deployment', action, emergency: false });
    beforeEach(() => {
      rollout = { release, version: '1.0.2', step: 'shadow', at: Date.now() };
      stage = { release, version: '1.0.2', stage: 'shadow', share: 0.1 };
    });

    it('asks for the canary and then for all, once each, when there are answers enough', async () => {
      await look(3);
      expect(asked).toEqual([]);
      served = { answers: 10, failed: 0, firstTokenMs: 5 };
      await look(3);
      expect(asked).toMatchObject([
        { ...deployment('canary'), parameters: { model: 'genesis', version: '1.0.2' } },
      ]);
      Object.assign(stage as Stage, { stage: 'canary' });
      served = { answers: 9, failed: 0, firstTokenMs: 5 };
      await look(3);
      expect(asked).toHaveLength(1);
      served = { answers: 10, failed: 0, firstTokenMs: 5 };
      await look(3);
      expect(asked.slice(1)).toMatchObject([deployment('promote')]);
      live.hash = release;
      await look(1);
      expect(rollout).toBeNull();
      live.hash = 'b'.repeat(64);
    });

    it('asks again under the same key for a step that could not be decided', async () => {
      [refusal, served] = ['DATABASE_UNAVAILABLE', { answers: 10, failed: 0, firstTokenMs: 5 }];
      await look(2);
      expect(asked.map(({ action }) => action)).toEqual(['canary', 'canary']);
      expect(asked[1].idempotencyKey).toBe(asked[0].idempotencyKey);
      expect(rollout?.step).toBe('shadow');
    });

    it('asks to withdraw it when answers fail, and is done with it when that has happened', async () => {
      served = { answers: 10, failed: 5, firstTokenMs: 5 };
      await look(2);
      expect(asked).toMatchObject([{ ...deployment('withdraw'), parameters: { model: 'genesis' } }]);
      stage = null;
      await look(2);
      expect([asked.length, rollout]).toEqual([1, null]);
    });

    it('keeps to the release it was made of, and takes it away when another one is live', async () => {
      rollout = { ...(rollout as Rollout), base: live.hash };
      served = { answers: 10, failed: 0, firstTokenMs: 5 };
      await look(2);
      expect(asked.map(({ parameters }) => parameters)).toEqual([
        { model: 'genesis', version: '1.0.2', base: live.hash },
      ]);
      live.hash = 'e'.repeat(64);
      await look(2);
      expect(asked.slice(1)).toMatchObject([
        { ...deployment('withdraw'), parameters: { model: 'genesis', version: '1.0.2' } },
      ]);
      stage = null;
      await look(1);
      expect(rollout).toBeNull();
      live.hash = 'b'.repeat(64);
    });

    it('is done with one that never began when another one is live', async () => {
      [rollout, stage] = [{ ...(rollout as Rollout), base: 'e'.repeat(64) }, null];
      await look(1);
      expect([asked, rollout]).toEqual([[], null]);
    });

    it.each(['rejected', 'expired', 'superseded', 'refused', 'failed', 'undone'] as const)(
      'takes it away where its next stage is %s, and is done with it then',
      async (declined) => {
        served = { answers: 10, failed: 0, firstTokenMs: 5 };
        await look(1);
        state = declined;
        await look(1);
        expect(asked.map(({ action }) => action)).toEqual(['canary', 'withdraw']);
        stage = null;
        await look(1);
        expect([asked.length, rollout]).toEqual([2, null]);
      },
    );

    it('leaves it where a guardian does not let it be taken away', async () => {
      [served, state] = [{ answers: 10, failed: 5, firstTokenMs: 5 }, 'waiting'];
      await look(2);
      expect([asked.length, rollout?.step]).toEqual([1, 'withdraw']);
      state = 'rejected';
      await look(2);
      expect([asked.length, rollout, stage?.release]).toEqual([1, null, release]);
    });

    it('asks again for what failed to be taken away', async () => {
      [served, state] = [{ answers: 10, failed: 5, firstTokenMs: 5 }, 'failed'];
      await look(3);
      expect(asked.map(({ action }) => action)).toEqual(['withdraw', 'withdraw', 'withdraw']);
    });

    it('is done with one that nobody let begin', async () => {
      [rollout, stage] = [{ ...(rollout as Rollout), decision: 'decision_1' }, null];
      state = 'waiting';
      await look(1);
      expect(rollout).not.toBeNull();
      state = 'expired';
      await look(1);
      expect([asked, rollout]).toEqual([[], null]);
    });

    it('goes on after the set time where nobody asks anything', async () => {
      rollout = { ...(rollout as Rollout), at: Date.now() - 899_000 };
      await look(1);
      expect(asked).toEqual([]);
      rollout = { ...(rollout as Rollout), at: Date.now() - 901_000 };
      await look(1);
      expect(asked.map(({ action }) => action)).toEqual(['canary']);
    });

    it('waits where a guardian has not answered, or another release is staged', async () => {
      served = { answers: 99, failed: 0, firstTokenMs: 5 };
      stage = null;
      await look(2);
      stage = { release: 'd'.repeat(64), version: '1.0.3', stage: 'shadow', share: 0.1 };
      await look(2);
      expect(asked).toEqual([]);
    });
  });

  it('does not look while automatic action is stopped', async () => {
    [stopped, waiting, features] = [true, 1, { error_rate: 1, target_health: 1 }];
    await look(LOOKS);
    expect(asked).toEqual([]);
  });

  it('goes on after a look that failed', async () => {
    const { models } = { models: () => Promise.reject(new Error('the database is away')) };
    Object.assign(sut, { releases: { models } });
    waiting = 1;
    await look(LOOKS);
    expect(asked).toHaveLength(1);
  });
});
