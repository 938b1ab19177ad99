import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { CodedError, err, EventBus, ok, type Result } from '../../common/index.js';
import { testConfig } from '../../../test/support/test-config.js';
import type { RemovalWork } from './removal-effect.js';
import type { RemovalRow } from './removal-row.js';
import type { AfterRemovalStep, RemovalSteps } from './removal-steps.js';
import type { RemovalStore } from './removal-store.js';
import { RemovalWorker } from './removal-worker.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

Logger.overrideLogger(false);

/** A worker before one removal, by a clock that the test moves. */
function workerOf(step: (work: RemovalWork, events: EventBus) => Promise<Result<AfterRemovalStep>>) {
  const [events, gate] = [new EventBus(), new AutonomyGate()];
  let row = { id: 'removal_1', state: 'measuring', attempts: 0 } as RemovalRow;
  let dueAt = 0;
  const seen = { steps: 0, givenUp: [] as string[] };
  const store = {
    claim: () => Promise.resolve(row.state === 'failed' || Date.now() < dueAt ? null : row.id),
    find: () => Promise.resolve(row),
    renew: () => Promise.resolve(),
    wake: () => Promise.resolve(),
    release: (_id: string, _worker: string, afterMs: number, attempts: number) => {
      [dueAt, row] = [Date.now() + afterMs, { ...row, attempts }];
      return Promise.resolve();
    },
  };
  const steps = {
    step: (_row: RemovalRow, work: RemovalWork) => {
      seen.steps++;
      return step(work, events);
    },
    giveUp: (_row: RemovalRow, { code }: CodedError) => {
      seen.givenUp.push(code);
      row = { ...row, state: 'failed' };
      return Promise.resolve();
    },
  };
  const worker = new RemovalWorker(
    ...([testConfig(), store as unknown as RemovalStore] as const),
    ...([steps as unknown as RemovalSteps, events, gate] as const),
  );
  worker.onApplicationBootstrap();
  const stop = (stopped: boolean) => {
    gate.guardBy(() => ({ allowed: !stopped, reason: 'stopped by ada' }));
    events.emit('autonomy.changed', { stopped, by: 'ada', reason: 'a drill' });
  };
  return { worker, seen, stop, attempts: () => row.attempts };
}

describe('the worker of removals', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([
    ['ENGINE_BUSY', 503],
    ['RATE_LIMITED', 429],
    ['BLOCK_MISSING', 404],
  ])('waits for hours for what may pass: %s', async (code, status) => {
    const { worker, seen } = workerOf(() => Promise.resolve(err(new CodedError(code, 'no', {}, status))));
    await jest.advanceTimersByTimeAsync(3 * HOUR);
    expect(seen.givenUp).toEqual([]);
    await jest.advanceTimersByTimeAsync(HOUR);
    expect(seen).toEqual({ steps: 30, givenUp: [code] });
    await worker.beforeApplicationShutdown();
  });

  it('counts no attempt that only looked through datasets', async () => {
    const { worker, seen, attempts } = workerOf(() =>
      Promise.resolve(err(new CodedError('SEALED_SET_LOOKING', 'no', {}, 503))),
    );
    await jest.advanceTimersByTimeAsync(5 * MINUTE);
    expect(seen.steps).toBeGreaterThan(30);
    expect([attempts(), seen.givenUp]).toEqual([0, []]);
    await worker.beforeApplicationShutdown();
  });

  it('gives up soon what is refused for good', async () => {
    const { worker, seen } = workerOf(() => Promise.resolve(err(new CodedError('MODEL_ODD', 'no', {}, 409))));
    await jest.advanceTimersByTimeAsync(2 * MINUTE);
    expect(seen).toEqual({ steps: 5, givenUp: ['MODEL_ODD'] });
    await worker.beforeApplicationShutdown();
  });

  it('leaves a measurement its time as long as it makes progress', async () => {
    let found: RemovalWork | undefined;
    const { worker } = workerOf((work) => {
      found = work;
      return new Promise((resolve) =>
        work.signal.addEventListener('abort', () => resolve(ok({ afterMs: 24 * HOUR }))),
      );
    });
    await jest.advanceTimersByTimeAsync(MINUTE);
    for (let i = 0; i < 6; i++) {
      found?.progress();
      await jest.advanceTimersByTimeAsync(20 * MINUTE);
    }
    expect(found?.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(11 * MINUTE);
    expect(found?.signal.aborted).toBe(true);
    await worker.beforeApplicationShutdown();
  });

  it('is cut off by an emergency stop, begins nothing while it lasts, and goes on after it', async () => {
    const { worker, seen, stop, attempts } = workerOf(
      ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve(err(new CodedError('CUT_OFF', 'no', {}, 503)))),
        ),
    );
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(seen.steps).toBe(1);
    stop(true);
    await jest.advanceTimersByTimeAsync(HOUR);
    expect([seen.steps, attempts(), seen.givenUp]).toEqual([1, 0, []]);
    stop(false);
    await jest.advanceTimersByTimeAsync(2_000);
    expect([seen.steps, attempts()]).toEqual([2, 0]);
    await worker.beforeApplicationShutdown();
  });

  it('looks again at once where a release went live while it looked', async () => {
    const { worker, seen } = workerOf((_work, events) => {
      if (seen.steps === 1) events.emit('release.live', { model: 'tiny', version: '1.0.1', release: 'a' });
      return Promise.resolve(ok({ afterMs: HOUR }));
    });
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(seen.steps).toBe(2);
    await worker.beforeApplicationShutdown();
  });
});
