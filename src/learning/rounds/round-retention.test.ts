import { jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { testConfig } from '../../../test/support/test-config.js';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import type { Transactions } from '../../database/index.js';
import type { LogAppender } from '../../log/index.js';
import { RoundRetention } from './round-retention.js';
import type { RoundStore } from './round-store.js';

describe('the retention of rounds', () => {
  it('removes nothing while automatic action is stopped', async () => {
    jest.useFakeTimers();
    const gate = new AutonomyGate();
    const outdated = jest.fn(() => Promise.resolve([]));
    const retention = new RoundRetention(
      ...([testConfig({ learningRoundDays: 1 }), new SchedulerRegistry()] as const),
      ...([{ outdated } as unknown as RoundStore, {} as Transactions, {} as LogAppender, gate] as const),
    );
    retention.onApplicationBootstrap();
    const resume = gate.guardBy(() => ({ allowed: false, reason: 'stopped by ada' }));
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(outdated).not.toHaveBeenCalled();
    resume();
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(outdated).toHaveBeenCalledTimes(1);
    await retention.beforeApplicationShutdown();
    jest.useRealTimers();
  });
});
