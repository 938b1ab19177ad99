import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { testConfig } from '../../test/support/test-config.js';
import type { AgentRunner } from './agents/agent-runner.js';
import type { AlertBook } from './alerts/alert-book.js';
import { MonitoringSchedule } from './monitoring-schedule.js';
import type { HealthReports } from './reports/health-reports.js';

const MINUTE_MS = 60_000;

function setup(monitoringMinutes: number) {
  const mocks = {
    runAll: jest.fn(() => Promise.resolve()),
    flush: jest.fn(() => Promise.resolve()),
    makeIfDue: jest.fn(() => Promise.resolve(false)),
  };
  const sut = new MonitoringSchedule(
    testConfig({ monitoringMinutes }),
    new SchedulerRegistry(),
    mocks as unknown as AgentRunner,
    mocks as unknown as AlertBook,
    mocks as unknown as HealthReports,
  );
  sut.onApplicationBootstrap();
  return { sut, mocks };
}

describe('the schedule of monitoring', () => {
  beforeEach(() => {
    Logger.overrideLogger(false);
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  it('looks at silences that are over within seconds, even where there are no rounds', async () => {
    const { sut, mocks } = setup(0);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(mocks.flush).toHaveBeenCalledTimes(1);
    mocks.flush.mockReturnValueOnce(Promise.reject(new Error('no database')));
    await jest.advanceTimersByTimeAsync(20_000);
    expect(mocks.flush).toHaveBeenCalledTimes(3);
    expect(mocks.runAll).not.toHaveBeenCalled();
    await sut.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(mocks.flush).toHaveBeenCalledTimes(3);
  });

  it('does not begin to look while it is looking, and waits for it at the end', async () => {
    const { sut, mocks } = setup(0);
    let done = (): void => undefined;
    mocks.flush.mockReturnValueOnce(new Promise((resolve) => (done = () => resolve(undefined))));
    await jest.advanceTimersByTimeAsync(40_000);
    expect(mocks.flush).toHaveBeenCalledTimes(1);
    let ended = false;
    const stopped = sut.onModuleDestroy().then(() => (ended = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toBe(false);
    done();
    await stopped;
  });

  it('runs the agents in rounds where there are any', async () => {
    const { sut, mocks } = setup(5);
    await jest.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(mocks.runAll).toHaveBeenCalledTimes(3);
    await sut.onModuleDestroy();
  });
});
