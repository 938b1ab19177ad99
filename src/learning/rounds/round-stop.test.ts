import { jest } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { EventBus, ok } from '../../common/index.js';
import type { Transactions } from '../../database/index.js';
import type { RoundSteps } from './round-steps.js';
import type { RoundStore } from './round-store.js';
import { RoundWorker } from './round-worker.js';

describe('the worker of rounds', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('ends no state of a round while an emergency stop lasts, and ends it at the resume', async () => {
    const [events, gate] = [new EventBus(), new AutonomyGate()];
    const stop = (stopped: boolean) => {
      gate.guardBy(() => ({ allowed: !stopped, reason: 'stopped by ada' }));
      events.emit('autonomy.changed', { stopped, by: 'ada', reason: 'a drill' });
    };
    const claim = jest.fn(() => Promise.resolve(claim.mock.calls.length === 1 ? 'round_1' : null));
    const done = () => Promise.resolve();
    const store = {
      ...{ claim, renew: done, release: done, nextMs: () => Promise.resolve(null) },
      hold: () => Promise.resolve(ok({ id: 'round_1', isOver: true })),
    };
    const steps = { step: jest.fn(() => Promise.resolve(ok())) };
    const worker = new RoundWorker(
      ...([testConfig(), store as unknown as RoundStore, steps as unknown as RoundSteps] as const),
      { run: (work: () => unknown) => work() } as unknown as Transactions,
      ...([events, gate] as const),
    );
    stop(true);
    worker.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(claim).not.toHaveBeenCalled();
    stop(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(steps.step).toHaveBeenCalledTimes(1);
    await worker.beforeApplicationShutdown();
  });
});
