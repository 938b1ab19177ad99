import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { startAnvil, type Anvil } from '../support/anvil.js';
import { atBoundary, CrashingServer } from '../support/crashing-server.js';
import { temporaryFolder } from '../support/index.js';
import { call, startCounter, type Counter } from '../support/tasks.js';

/** Boundaries of a step without anything to prepare. */
const PLAIN = ['picked', 'claimed', 'acted', 'committed'];
const BOUNDARIES = [...PLAIN, 'prepared'];
/** A key of this test alone. */
const KEY = '4f'.repeat(32);
const FROM = new Wallet(`0x${KEY}`).address;
const TO = '0x00000000000000000000000000000000000000aa';
const VALUE = 1_000_000_000_000_000n;

describe('a server that is killed at every boundary of a step', () => {
  let anvil: Anvil;
  let counter: Counter;
  let doomed: CrashingServer;

  beforeAll(async () => {
    [anvil, counter] = await Promise.all([startAnvil(), startCounter()]);
    await anvil.fund(FROM, 10n ** 18n);
    const keyFile = join(temporaryFolder('key'), 'evm.key');
    writeFileSync(keyFile, KEY);
    doomed = await CrashingServer.start({
      ...{ IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true', TASK_RETRY_MS: '20' },
      ...{ EVM_RPC_URL: anvil.url, EVM_KEY_FILE: keyFile },
    });
  });
  afterAll(async () => {
    counter.close();
    await doomed.stop();
    await anvil.kill();
  });

  const sent = async () => BigInt(await anvil.rpc('eth_getTransactionCount', FROM, 'latest'));
  const held = async () => BigInt(await anvil.rpc('eth_getBalance', TO, 'latest'));
  const transfer = {
    task_type: 'onchain_action',
    parameters: { action: 'transfer', to: TO, value_wei: String(VALUE) },
  };

  it.each(BOUNDARIES)('sends a transfer once when killed at: %s', async (boundary) => {
    const [sentBefore, heldBefore] = [await sent(), await held()];
    const task = await doomed.survive([atBoundary(boundary, 2)], transfer);
    expect(task).toMatchObject({ state: 'completed', steps: [{}, {}, { state: 'completed' }] });
    expect((await sent()) - sentBefore).toBe(1n);
    expect((await held()) - heldBefore).toBe(VALUE);
  });

  it('sends it once, and asks for one approval, when killed all the way there', async () => {
    const [sentBefore, heldBefore] = [await sent(), await held()];
    const kills = [0, 1].flatMap((step) => PLAIN.map((boundary) => atBoundary(boundary, step)));
    const task = await doomed.survive(kills, transfer);
    expect(task).toMatchObject({ state: 'completed', steps: [{ attempts: 3 }, { attempts: 3 }, {}] });
    expect((await sent()) - sentBefore).toBe(1n);
    expect((await held()) - heldBefore).toBe(VALUE);
    expect(await doomed.events(task)).toEqual({
      ...{ 'task.created': 1, 'step.started': 7, 'step.completed': 3, 'task.completed': 1 },
      ...{ 'approval.requested': 1, 'approval.approved': 1 },
    });
  });

  it.each(PLAIN)('asks a counter with one key only when killed at: %s', async (boundary) => {
    counter.requests.splice(0);
    const parameters = { url: counter.url, timeout_ms: 30_000 };
    const task = await doomed.survive([atBoundary(boundary)], { task_type: 'http_probe', parameters });
    expect(task.state).toBe('completed');
    expect(new Set(counter.requests)).toEqual(new Set([`${task.task_id}/0`]));
    expect(counter.requests).toHaveLength(boundary === 'acted' ? 2 : 1);
  });

  const kills = PLAIN.map((boundary) => atBoundary(boundary));
  /** Each step is noted as done once: three attempts, of which two were cut off. */
  const NOTED = { 'task.created': 1, 'step.started': 3, 'step.completed': 1, 'task.completed': 1 };

  it('reads a balance, and notes it once', async () => {
    const task = await doomed.survive(kills, { task_type: 'check_balance', parameters: { address: TO } });
    expect(task).toMatchObject({
      state: 'completed',
      steps: [{ output: { balance_wei: String(await held()) } }],
    });
    expect(await doomed.events(task)).toEqual(NOTED);
  });

  it.each(PLAIN)('raises one alert of a watched wallet when killed at: %s', async (boundary) => {
    const parameters = { address: FROM, threshold_wei: '0', breach: 'above', checks: 1 };
    const task = await doomed.survive([atBoundary(boundary)], { task_type: 'monitor_wallet', parameters });
    expect(task).toMatchObject({ state: 'completed', steps: [{ output: { breached: true } }] });
    const { body } = await call<{ items: { evidence: { task: string | null } }[] }>(
      ...([doomed.server.url, 'GET', '/api/monitoring/alerts?limit=100'] as const),
    );
    expect(body.items.filter(({ evidence }) => evidence.task === task.task_id)).toMatchObject([
      { state: 'firing', occurrences: boundary === 'acted' ? 2 : 1 },
    ]);
  });
});
