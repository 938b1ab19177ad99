import { ok, unwrap } from '../common/index.js';
import type { TaskAlerts } from '../monitoring/index.js';
import type { JsonObject, StepContext } from '../tasks/index.js';
import type { EvmNode } from './evm-node.js';
import { monitorWallet, walletReading } from './wallet-steps.js';

const ADDRESS = '0x00000000000000000000000000000000000000bb';
const node = {
  unavailable: () => null,
  chainId: async () => ok(31337n),
  quantity: async () => ok(7n),
} as unknown as EvmNode;
const told: string[] = [];
const alerts = { tell: async ({ code }: { code: string }) => void told.push(code) } as unknown as TaskAlerts;
const asked = (more: JsonObject = {}) => ({ address: ADDRESS, threshold_wei: '5', ...more });

describe('a watched account', () => {
  const sut = monitorWallet(node);
  const planned = (more: JsonObject) => sut.plan?.(unwrap(sut.parse(asked(more)))) ?? [];

  it('is read as often as somebody said, which the plan shows reading by reading', () => {
    const steps = planned({ checks: 3, interval_s: 60 });
    expect(steps.map(({ delayMs }) => delayMs)).toEqual([0, 60_000, 60_000]);
    expect(steps.map(({ parameters }) => parameters)).toMatchObject([
      { reading: 1, readings: 3 },
      { reading: 2, readings: 3 },
      { reading: 3, readings: 3 },
    ]);
    expect([planned({}).length, planned({ checks: 100 }).length]).toEqual([12, 100]);
  });

  it('is not watched without an end', () => {
    const allowed = {
      code: 'PARAMETERS_INVALID',
      message: expect.stringContaining('from 1 to 100') as string,
    };
    for (const checks of [0, 101]) expect(sut.parse(asked({ checks }))).toMatchObject({ error: allowed });
  });

  it('says with each reading which it is; one that an earlier version planned is still read', async () => {
    const reading = walletReading(node, alerts);
    const context = { signal: new AbortController().signal, task: 'task_1' } as unknown as StepContext;
    const read = async (more: JsonObject) =>
      unwrap(await reading.run(unwrap(reading.parse(asked(more))), context));
    const [last] = planned({ checks: 2 }).slice(-1);
    expect(await reading.run(unwrap(reading.parse(last.parameters)), context)).toMatchObject({
      value: { balance_wei: '7', breached: false, reading: 2, readings: 2 },
    });
    expect(told).toEqual([]);
    expect(await read({ breach: 'above' })).toEqual({
      ...{ address: ADDRESS, balance_wei: '7', block: '7', chain_id: '31337', breached: true },
    });
    expect(told).toEqual(['WALLET_THRESHOLD']);
  });
});
