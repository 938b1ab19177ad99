import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { until } from '../../../test/support/patience.js';
import { testConfig } from '../../../test/support/test-config.js';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { CodedError, err, EventBus } from '../../common/index.js';
import type { NodeKeys } from '../../keys/index.js';
import type { SubmissionFiles } from '../submission/submission-files.js';
import type { SubmissionStore } from '../submission/submission-store.js';
import type { SubmissionQueue } from './submission-queue.js';
import type { SubmissionSteps } from './submission-steps.js';
import { SubmissionWorker } from './submission-worker.js';

Logger.overrideLogger(false);

type Work = (job: { id: string }, worker: string) => Promise<void>;

/** A worker before one submission whose steps end only when they are cut off. */
function setup() {
  const [events, gate] = [new EventBus(), new AutonomyGate()];
  const asked: string[] = [];
  const dataSource = {
    query: (text: string) => {
      asked.push(text);
      if (text.includes('SELECT s.id')) return Promise.resolve([{ id: 'sub_1', worker: null }]);
      return Promise.resolve([[{ id: 'sub_1' }], 1]);
    },
  };
  const row = { id: 'sub_1', state: 'evaluating', attempts: 0 };
  const store = { find: () => Promise.resolve(row), open: () => Promise.resolve([row]) };
  let work: Work = () => Promise.resolve();
  const queue = {
    stopSignal: new AbortController().signal,
    ...{ add: jest.fn<(...of: unknown[]) => void>(), ready: jest.fn(), unlock: jest.fn() },
    start: (given: Work) => (work = given),
  };
  const steps = {
    step: jest.fn(
      (_row: unknown, signal: AbortSignal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve(err(new CodedError('CUT_OFF', 'no', {}, 503)))),
        ),
    ),
    giveUp: jest.fn(),
  };
  const sut = new SubmissionWorker(
    ...([testConfig(), dataSource as unknown as DataSource, store as unknown as SubmissionStore] as const),
    { kept: () => Promise.resolve([]) } as unknown as SubmissionFiles,
    ...([queue as unknown as SubmissionQueue, steps as unknown as SubmissionSteps, events, gate] as const),
    { logSigner: { publicKey: new Uint8Array(32) } } as unknown as NodeKeys,
  );
  const stop = (stopped: boolean) => {
    gate.guardBy(() => ({ allowed: !stopped, reason: 'stopped by ada' }));
    events.emit('autonomy.changed', { stopped, by: 'ada', reason: 'a drill' });
  };
  return { sut, asked, queue, steps, stop, work: () => work({ id: 'sub_1' }, 'worker') };
}

describe('the worker of submissions', () => {
  it('is cut off by an emergency stop, and the attempt is not counted', async () => {
    const { sut, asked, queue, steps, stop, work } = setup();
    sut.begin();
    const working = work();
    await new Promise(setImmediate);
    expect(steps.step).toHaveBeenCalledTimes(1);
    stop(true);
    await working;
    expect([steps.step.mock.calls.length, queue.add.mock.calls.length]).toEqual([1, 0]);
    expect(asked.join('\n')).not.toContain('SET attempts');
    expect(asked.at(-1)).toContain('lease_until = NULL');
  });

  it('begins nothing while the stop lasts, and takes up what is left at the resume', async () => {
    const { sut, asked, queue, steps, stop, work } = setup();
    stop(true);
    sut.begin();
    await work();
    expect([steps.step.mock.calls.length, asked]).toEqual([0, []]);
    sut.onApplicationBootstrap();
    const added = () => queue.add.mock.calls.length;
    await until('the look at the start', () => Promise.resolve(added() === 1));
    stop(false);
    await until('the look at the resume', () => Promise.resolve(added() === 2));
    await sut.beforeApplicationShutdown();
  });

  it.each(['SEALED_SET_FILE', 'SEALED_SET_LOOKING'])(
    'waits for the examples of a sealed set as long as it takes: %s',
    async (code) => {
      const { sut, asked, queue, steps, work } = setup();
      steps.step.mockImplementation(() => Promise.resolve(err(new CodedError(code, 'no', {}, 503))));
      sut.begin();
      for (let i = 0; i < 8; i++) await work();
      expect(steps.giveUp).not.toHaveBeenCalled();
      expect(asked.join('\n')).not.toContain('SET attempts');
      expect(queue.add.mock.calls.map(([, id, afterMs]) => [id, afterMs])).toEqual(
        Array.from({ length: 8 }, () => ['sub_1', 60_000]),
      );
    },
  );
});
