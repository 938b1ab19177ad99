import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CodedError, systemClock } from '../common/index.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import type { AppConfig, Instance } from '../config/index.js';
import type { AlertBook, AlertStore } from '../monitoring/index.js';
import type { Healer } from './healer.js';
import type { IncidentStore } from './incidents/incident-store.js';
import type { LeftRestarts } from './incidents/left-restarts.js';
import type { VitalsReader } from './vitals/vitals-reader.js';
import { WatchLoop } from './watch-loop.js';

const full = () => Promise.reject(new CodedError('STORAGE_FULL', 'The disk is full.', {}, 507));

/** A restart that nobody has settled. */
const left = { incident: { id: 'incident_left' } };

/** A watch whose store answers as the test says; looks come every second. */
function setup() {
  const closeLeftovers = jest.fn<() => Promise<string[]>>(async () => []);
  const openOf = jest.fn<() => Promise<never[]>>(async () => []);
  const note = jest.fn();
  const healer = {
    ...{
      look: jest.fn(),
      recall: jest.fn(),
      takeOver: jest.fn(),
      resume: jest.fn(),
      withdraw: jest.fn(async () => undefined),
    },
    ...{ open: [], budget: { note } },
  };
  const store = {
    ...{ closeLeftovers, closeAbandoned: async () => [], ownOf: async () => new Set(), waiting: 0 },
    triedSince: async () => [{ cause: 'disk_high', at: systemClock.now() }],
    flush: async () => undefined,
  };
  const sut = new WatchLoop(
    { healing: 'auto', healingSeconds: 1 } as AppConfig,
    new SchedulerRegistry(),
    { read: async () => ({ database: { awayMs: 0 } }) } as unknown as VitalsReader,
    healer as unknown as Healer,
    store as unknown as IncidentStore,
    { flush: async () => undefined } as unknown as AlertBook,
    { openOf } as unknown as AlertStore,
    { id: '0123456789ab' } as Instance,
    { unsettled: async () => [left] } as unknown as LeftRestarts,
    new MetricRegistry(),
  );
  return { sut, healer, note, closeLeftovers, openOf };
}

beforeAll(() => Logger.overrideLogger(false));

describe('a watch that cannot take over what an earlier process left', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each<[string, () => Promise<string[]>]>([
    ['because the disk is full', full],
    ['because the database does not answer', () => new Promise(() => undefined)],
  ])('%s looks all the same', async (_why, closing) => {
    const { sut, healer, closeLeftovers } = setup();
    closeLeftovers.mockImplementation(closing);
    sut.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(12_000);
    expect(healer.recall).toHaveBeenCalled();
    expect(healer.look).toHaveBeenCalled();
    expect(healer.takeOver).not.toHaveBeenCalled();
  });

  it('tries again until it can, takes it over once, and counts what was tried once', async () => {
    const { sut, healer, note, closeLeftovers, openOf } = setup();
    closeLeftovers.mockImplementationOnce(full).mockImplementationOnce(full);
    openOf.mockImplementationOnce(full);
    sut.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(2_500);
    expect(healer.takeOver).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(closeLeftovers).toHaveBeenCalledTimes(4);
    expect(closeLeftovers).toHaveBeenLastCalledWith(['incident_left']);
    expect(healer.takeOver).toHaveBeenCalledTimes(1);
    expect(healer.resume.mock.calls).toEqual([[[left]]]);
    expect(note).toHaveBeenCalledTimes(1);
    await sut.onModuleDestroy();
  });
});
