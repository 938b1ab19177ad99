import { jest } from '@jest/globals';
import type { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import type { AppConfig } from '../../config/index.js';
import { PackingSchedule } from './packing-schedule.js';
import type { PayloadPacker } from './payload-packer.js';

describe('packing on schedule', () => {
  it.each([
    { deltaColdHours: 168, taskWorkers: 1, runs: 1 },
    { deltaColdHours: 0, taskWorkers: 1, runs: 0 },
    { deltaColdHours: 168, taskWorkers: 0, runs: 0 },
  ])('is done each hour only where it is asked for: %p', async ({ runs, ...settings }) => {
    jest.useFakeTimers();
    try {
      const run = jest.fn(() => Promise.resolve());
      const sut = new PackingSchedule(settings as AppConfig, { run } as unknown as PayloadPacker);
      sut.onApplicationBootstrap();
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect(run).toHaveBeenCalledTimes(runs);
      await sut.beforeApplicationShutdown();
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not begin during an emergency stop, and ends when one begins', async () => {
    let allowed = false;
    const gate = { state: () => ({ allowed }) } as unknown as AutonomyGate;
    const seen: boolean[] = [];
    const packer = {
      run: (isOver: () => boolean) => {
        seen.push(isOver());
        allowed = false;
        seen.push(isOver());
        return Promise.resolve();
      },
    } as unknown as PayloadPacker;
    const sut = new PackingSchedule({} as AppConfig, packer, gate);
    await sut.runIfAllowed();
    expect(seen).toEqual([]);
    allowed = true;
    await sut.runIfAllowed();
    expect(seen).toEqual([false, true]);
  });
});
