import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { EventBus, ok, type Result } from '../../common/index.js';
import type { Transactions } from '../../database/index.js';
import { testConfig } from '../../../test/support/test-config.js';
import type { RoundRow } from './round-row.js';
import type { RoundSteps } from './round-steps.js';
import type { RoundStore } from './round-store.js';
import { RoundWorker } from './round-worker.js';

Logger.overrideLogger(false);

/** A worker before one round, by a clock that the test moves. @param nextMs what the database says of the next one */
function workerOf(step: () => Promise<Result<void>>, nextMs: number | null = null) {
  const seen = { claims: 0, renewed: 0, released: 0 };
  const count = (what: keyof typeof seen) => () => {
    seen[what]++;
    return Promise.resolve();
  };
  const store = {
    claim: () => Promise.resolve(seen.claims++ === 0 ? 'round_1' : null),
    hold: () => Promise.resolve(ok({ id: 'round_1', isOver: true } as RoundRow)),
    nextMs: () => Promise.resolve(nextMs),
    ...{ renew: count('renewed'), release: count('released') },
  };
  const worker = new RoundWorker(
    ...([testConfig(), store as unknown as RoundStore] as const),
    ...([{ step } as unknown as RoundSteps] as const),
    { run: (work: (manager: unknown) => unknown) => work(null) } as unknown as Transactions,
    ...([new EventBus(), new AutonomyGate()] as const),
  );
  worker.look();
  return { worker, seen };
}

describe('the worker of rounds', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('renews its claim as long as it works, and no longer', async () => {
    let done = (): void => undefined;
    const { worker, seen } = workerOf(() => new Promise((resolve) => (done = () => resolve(ok()))));
    await jest.advanceTimersByTimeAsync(16_000);
    expect(seen).toEqual({ claims: 1, renewed: 3, released: 0 });
    done();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(seen).toMatchObject({ renewed: 3, released: 1 });
    await worker.beforeApplicationShutdown();
  });

  it('gives back what it has before it is shut down', async () => {
    let done = (): void => undefined;
    const { worker, seen } = workerOf(() => new Promise((resolve) => (done = () => resolve(ok()))));
    await jest.advanceTimersByTimeAsync(100);
    let isShut = false;
    const shut = worker.beforeApplicationShutdown().then(() => (isShut = true));
    await jest.advanceTimersByTimeAsync(100);
    expect(isShut).toBe(false);
    done();
    await shut;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(seen).toEqual({ claims: 1, renewed: 0, released: 1 });
  });

  it.each([
    ['soon, and not at once, where one is held for a moment', -5, 200],
    ['when the next one is over', 400, 425],
    ['in ten seconds where there is none', null, 10_000],
    ['in ten seconds where the next one is later', 3_600_000, 10_000],
  ])('looks again %s', async (_, nextMs, afterMs) => {
    const { worker, seen } = workerOf(() => Promise.resolve(ok()), nextMs);
    await jest.advanceTimersByTimeAsync(0);
    // It has found one, and then none.
    expect(seen.claims).toBe(2);
    await jest.advanceTimersByTimeAsync(afterMs - 1);
    expect(seen.claims).toBe(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(seen.claims).toBe(3);
    await worker.beforeApplicationShutdown();
  });
});
