import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Wallet } from 'ethers';
import { packageRoot } from '../../src/common/installation.js';
import { startAnvil, type Anvil } from '../support/anvil.js';
import {
  answerOnce,
  createTestDatabase,
  startServer,
  temporaryFolder,
  type ServerOptions,
} from '../support/index.js';
import { call, startCounter, waitForTask, type Counter, type TaskDocument } from '../support/tasks.js';

const BOUNDARIES = ['picked', 'claimed', 'prepared', 'acted', 'committed'] as const;
/** A key of this test alone. */
const KEY = '4f'.repeat(32);
const TO = '0x00000000000000000000000000000000000000aa';
const VALUE = 1_000_000_000_000_000n;

describe('a server that is killed at every boundary of a step', () => {
  let anvil: Anvil;
  let counter: Counter;
  let keyFile: string;

  beforeAll(async () => {
    [anvil, counter] = await Promise.all([startAnvil(), startCounter()]);
    keyFile = join(temporaryFolder('key'), 'evm.key');
    writeFileSync(keyFile, KEY);
  });
  afterAll(async () => {
    counter.close();
    await anvil.kill();
  });

  const settings = () => ({
    ...{ IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true', TASK_RETRY_MS: '20' },
    ...{ EVM_RPC_URL: anvil.url, EVM_KEY_FILE: keyFile },
  });

  /** Starts a server that dies at a boundary of a step. */
  const crashing = (boundary: string, step: number, options: ServerOptions) => {
    const preload = join(packageRoot(), 'test', 'support', 'crash-at-boundary.mjs');
    const env = {
      ...{ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` },
      ...{ CRASH_BOUNDARY: boundary, CRASH_STEP: String(step) },
    };
    return startServer({ ...options, env: { ...settings(), ...env } });
  };

  /** Asks for a task on a server that dies over its step, then starts it whole and waits for the end. */
  async function survive(boundary: string, step: number, body: object): Promise<TaskDocument> {
    const options = {
      database: (await createTestDatabase()).url,
      until: 'listening',
      dataDir: temporaryFolder('crash'),
    } as const;
    const doomed = await crashing(boundary, step, options);
    const exited = once(doomed.process, 'exit');
    // Its end may come before its answer: the step can be reached as soon as the task is recorded.
    const asked = await call<TaskDocument>(doomed.url, 'POST', '/task/start', body).catch(() => null);
    if (step > 0) {
      const id = String(asked?.body.task_id);
      await waitForTask(doomed.url, id, ['waiting_approval']);
      const approval = { approved: true, reason: 'go' };
      await call(doomed.url, 'POST', `/task/${id}/approve`, approval).catch(() => null);
    }
    const [, signal] = (await exited) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const whole = await startServer({ ...options, env: settings() });
    try {
      const list = () => call<{ items: TaskDocument[] }>(whole.url, 'GET', '/tasks');
      const { items } = (await answerOnce(list, ({ status }) => status === 200)).body;
      expect(items).toHaveLength(1);
      return await waitForTask(whole.url, items[0].task_id, ['completed', 'failed']);
    } finally {
      await whole.stop();
    }
  }

  it.each(BOUNDARIES)('sends a transfer once when killed at: %s', async (boundary) => {
    const from = new Wallet(`0x${KEY}`).address;
    await anvil.fund(from, 10n ** 18n);
    const [sentBefore, hadBefore] = await Promise.all([sentBy(anvil, from), balanceOf(anvil, TO)]);
    const parameters = { action: 'transfer', to: TO, value_wei: String(VALUE) };
    const task = await survive(boundary, 2, { task_type: 'onchain_action', parameters });
    expect(task).toMatchObject({ state: 'completed', steps: [{}, {}, { state: 'completed' }] });
    expect((await sentBy(anvil, from)) - sentBefore).toBe(1n);
    expect((await balanceOf(anvil, TO)) - hadBefore).toBe(VALUE);
  });

  it.each(BOUNDARIES.filter((boundary) => boundary !== 'prepared'))(
    'asks a counter with one key only when killed at: %s',
    async (boundary) => {
      counter.requests.splice(0);
      const parameters = { url: counter.url, timeout_ms: 30_000 };
      const task = await survive(boundary, 0, { task_type: 'http_probe', parameters });
      expect(task.state).toBe('completed');
      expect(new Set(counter.requests)).toEqual(new Set([`${task.task_id}/0`]));
      expect(counter.requests).toHaveLength(boundary === 'acted' ? 2 : 1);
    },
  );
});

async function sentBy(anvil: Anvil, address: string): Promise<bigint> {
  return BigInt(await anvil.rpc('eth_getTransactionCount', address, 'latest'));
}

async function balanceOf(anvil: Anvil, address: string): Promise<bigint> {
  return BigInt(await anvil.rpc('eth_getBalance', address, 'latest'));
}
