import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JwtService } from '@nestjs/jwt';
import { Wallet } from 'ethers';
import { WebSocket } from 'ws';
import { startAnvil, type Anvil } from '../support/anvil.js';
import {
  answerOnce,
  replaceFile,
  runCommand,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { call, rootOfProof, waitForTask, type TaskDocument } from '../support/tasks.js';

const SECRET = 'a secret of these tests, long enough';
const KEY = '5e'.repeat(32);
const FROM = new Wallet(`0x${KEY}`).address;
const TO = '0x00000000000000000000000000000000000000BB';
const ETHER = 10n ** 18n;

const POLICY = `version: 1
rules:
  - action_type: onchain_action.transfer
    allowed: true
    risk: critical
    four_eyes: true
    max_amount: "1000"
    daily_amount: "1500"
  - {action_type: onchain_action.*, allowed: true}
`;

/** The header of somebody's token. */
const bearer = (subject: string, ...roles: readonly string[]) => {
  const token = new JwtService({ secret: SECRET }).sign(
    { sub: subject, roles },
    { algorithm: 'HS256', issuer: 'stemma', expiresIn: 3600 },
  );
  return { authorization: `Bearer ${token}` };
};
const ALICE = bearer('alice', 'user');
const BOB = bearer('bob', 'user');
const GRACE = bearer('grace', 'guardian', 'user');

describe('a wallet task, from start to a proven transfer', () => {
  let anvil: Anvil;
  let server: TestServer;
  let policies: string;
  const state = join(temporaryFolder('anvil'), 'state.json');

  beforeAll(async () => {
    anvil = await startAnvil({ state });
    await anvil.fund(FROM, ETHER);
    policies = temporaryFolder('policies');
    writeFileSync(join(policies, 'wallet.yaml'), POLICY);
    const keyFile = join(temporaryFolder('key'), 'evm.key');
    writeFileSync(keyFile, KEY);
    server = await startServer({
      env: {
        ...{ IMPORT_GENESIS: 'false', EVM_RPC_URL: anvil.url, EVM_CHAIN_ID: '31337', EVM_KEY_FILE: keyFile },
        ...{
          POLICY_DIR: policies,
          TASK_RETRY_MS: '300',
          JWT_SECRET: SECRET,
          PUBLIC_URL: 'https://stemma.example',
        },
      },
      until: 'listening',
    });
  });
  afterAll(async () => {
    await server.stop();
    await anvil.kill();
  });

  const start = (value: bigint, who: Record<string, string> = ALICE) =>
    call<TaskDocument>(
      ...([server.url, 'POST', '/task/start'] as const),
      { task_type: 'onchain_action', parameters: { action: 'transfer', to: TO, value_wei: String(value) } },
      who,
    );
  const approve = (
    id: string,
    who: Record<string, string>,
    body: object = { approved: true, reason: 'agreed' },
  ) => call(server.url, 'POST', `/task/${id}/approve`, body, who);

  it('reads a balance', async () => {
    const body = { step_type: 'check_balance', parameters: { address: FROM }, key: 'balance' };
    const read = await call(server.url, 'POST', '/execute', body, ALICE);
    expect(read.body).toMatchObject({
      state: 'completed',
      output: { address: FROM, balance_wei: String(ETHER) },
    });
  });

  it('is planned, simulated, approved by somebody else, sent, and proven', async () => {
    const { body: asked } = await start(700n);
    const waiting = await waitForTask(server.url, asked.task_id, ['waiting_approval'], ALICE);
    expect(waiting.steps.map((step) => step.state)).toEqual(['completed', 'completed', 'waiting_approval']);
    expect(waiting.steps[1].output).toMatchObject({ from: FROM, chain_id: '31337', gas: '21000' });
    expect((await approve(asked.task_id, ALICE)).status).toBe(403);
    const own = bearer('alice', 'user', 'guardian');
    expect((await approve(asked.task_id, own)).body).toMatchObject({ code: 'FOUR_EYES' });
    expect((await approve(asked.task_id, GRACE)).status).toBe(200);
    const done = await waitForTask(server.url, asked.task_id, ['completed', 'failed'], ALICE);
    expect(done).toMatchObject({
      state: 'completed',
      steps: [{}, {}, { approval: { decided_by: 'grace' } }],
    });
    const { hash } = done.steps[2].output as { hash: string };
    const onChain = await anvil.rpc<{ from: string; value: string }>('eth_getTransactionByHash', hash);
    expect([onChain.from, BigInt(onChain.value)]).toEqual([FROM.toLowerCase(), 700n]);
    expect(BigInt(await anvil.rpc('eth_getBalance', TO, 'latest'))).toBe(700n);
    const proof = await call<{
      leaf: string;
      txid: number;
      tree_size: number;
      hashes: string[];
      checkpoint: string;
    }>(...([server.url, 'GET', `/audit/verify/${done.steps[2].output_hash}`] as const));
    const { leaf, txid, tree_size, hashes, checkpoint } = proof.body;
    expect(checkpoint.split('\n')[2]).toBe(rootOfProof(leaf, txid, tree_size, hashes));
    expect(() =>
      expect(rootOfProof(`${leaf} `, txid, tree_size, hashes)).toBe(checkpoint.split('\n')[2]),
    ).toThrow();
    const records = await call<{ items: { event: string; actor: string; txid: number }[] }>(
      ...([server.url, 'GET', `/audit/${asked.task_id}`, undefined, ALICE] as const),
    );
    expect(records.body.items.find(({ event }) => event === 'approval.approved')).toMatchObject({
      ...{ actor: 'grace', reason: 'agreed' },
    });
  });

  it('keeps within the amounts of the policy, at once and of a day', async () => {
    expect((await start(1001n)).body).toMatchObject({ state: 'rejected', code: 'POLICY_DENIED' });
    const second = (await start(900n)).body.task_id;
    await waitForTask(server.url, second, ['waiting_approval'], ALICE);
    await approve(second, GRACE);
    const failed = await waitForTask(server.url, second, ['completed', 'failed'], ALICE);
    expect(failed).toMatchObject({ state: 'failed', code: 'POLICY_DAILY_AMOUNT' });
    // What other rules would have done adds up the same day.
    const replayed = async (daily: number) => {
      const policy = POLICY.replace('"1500"', `"${daily}"`);
      const sent = { policy, last: 50 };
      const { body } = await call<{
        items: { task: string; differs: boolean; after: { allowed: boolean } }[];
      }>(...([server.url, 'POST', '/policy/replay', sent, GRACE] as const));
      return body.items.find(({ task }) => task === second);
    };
    expect(await replayed(1500)).toMatchObject({ differs: false, after: { allowed: false } });
    expect(await replayed(1599)).toMatchObject({ differs: false, after: { allowed: false } });
    expect(await replayed(1600)).toMatchObject({ differs: true, after: { allowed: true } });
    expect(BigInt(await anvil.rpc('eth_getTransactionCount', FROM, 'latest'))).toBe(1n);
  });

  it('is seen and cancelled by whoever asked and by guardians only', async () => {
    const { task_id: id } = (await start(1n)).body;
    await waitForTask(server.url, id, ['waiting_approval'], GRACE);
    for (const path of [`/task/${id}`, `/task/${id}/status`, `/audit/${id}`, `/execution/${id}/0`])
      expect((await call(server.url, 'GET', path, undefined, BOB)).body).toMatchObject({
        code: 'TASK_NOT_FOUND',
      });
    expect((await call(server.url, 'POST', `/task/${id}/cancel`, {}, BOB)).status).toBe(404);
    expect(
      (await call<{ items: unknown[] }>(server.url, 'GET', '/tasks', undefined, BOB)).body.items,
    ).toEqual([]);
    expect((await call(server.url, 'GET', `/task/${id}`)).status).toBe(401);
    const rejected = await approve(id, GRACE, { approved: false, reason: 'not today' });
    expect(rejected.body).toMatchObject({
      state: 'rejected',
      code: 'APPROVAL_REJECTED',
      reason: 'not today',
    });
  });

  /** What anvil has written down of its chain, as it does once a second, as soon as the first transfer is in it. */
  async function keptChain(): Promise<string> {
    const read = () => {
      try {
        const text = readFileSync(state, 'utf8');
        const { accounts } = JSON.parse(text) as { accounts: Record<string, { nonce: number | string }> };
        return Number(accounts[FROM.toLowerCase()]?.nonce) === 1 ? text : null;
      } catch {
        return null;
      }
    };
    return String(await answerOnce(read, (text) => text !== null));
  }

  it('sends the same transaction again when the chain is killed in the middle of it', async () => {
    const { task_id: id } = (await start(10n)).body;
    await waitForTask(server.url, id, ['waiting_approval'], ALICE);
    const kept = await keptChain();
    await anvil.rpc('evm_setAutomine', false);
    await approve(id, GRACE);
    const pending = async () => (await anvil.rpc<{ pending: string }>('txpool_status')).pending;
    await until('it waits to be mined', async () => (await pending()) === '0x1');
    await anvil.kill();
    // The end may have come in the middle of writing.
    writeFileSync(state, kept);
    const step = async () =>
      (await call<TaskDocument>(server.url, 'GET', `/task/${id}`, undefined, ALICE)).body.steps[2];
    await until('the chain is missed', async () => (await step()).code === 'EVM_UNREACHABLE');
    anvil = await startAnvil({ state, port: anvil.port });
    const done = await waitForTask(server.url, id, ['completed', 'failed'], ALICE);
    expect(done.state).toBe('completed');
    expect(BigInt(await anvil.rpc('eth_getTransactionCount', FROM, 'latest'))).toBe(2n);
    expect(BigInt(await anvil.rpc('eth_getBalance', TO, 'latest'))).toBe(710n);
  });

  it('watches a wallet and raises an alert', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/collective-insight`);
    const alerts: { code: string }[] = [];
    let subscribed = false;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; data: { code: string } };
      const token = GRACE.authorization.slice('Bearer '.length);
      if (message.type === 'hello') socket.send(JSON.stringify({ subscribe: ['alerts', 'tasks'], token }));
      subscribed ||= message.type === 'subscribed';
      if (message.type === 'task.alert') alerts.push(message.data);
    });
    await until('it listens', () => subscribed);
    const parameters = {
      address: TO,
      threshold_wei: String(ETHER),
      breach: 'below',
      interval_s: 1,
      checks: 2,
    };
    const body = { task_type: 'monitor_wallet', parameters };
    const { task_id: id } = (await call<TaskDocument>(server.url, 'POST', '/task/start', body, ALICE)).body;
    const done = await waitForTask(server.url, id, ['completed', 'failed'], ALICE);
    expect(done.steps.map(({ output }) => output)).toMatchObject([
      { breached: true, reading: 1, readings: 2 },
      { breached: true, reading: 2, readings: 2 },
    ]);
    await until('the alerts', () => alerts.length === 2);
    expect(alerts.map(({ code }) => code)).toEqual(['WALLET_THRESHOLD', 'WALLET_THRESHOLD']);
    socket.close();
  });

  it('reads policies anew when they change, and keeps the old ones when they are broken', async () => {
    const file = join(policies, 'wallet.yaml');
    const shown = async () =>
      (
        await call<{ version: string; problem: { code: string } | null }>(
          server.url,
          'GET',
          '/policy',
          undefined,
          ALICE,
        )
      ).body;
    const first = await shown();
    replaceFile(file, 'version: 1\nrules: [');
    await until('the problem is told', async () => (await shown()).problem !== null);
    expect(await shown()).toMatchObject({ version: first.version, problem: { code: 'POLICY_INVALID' } });
    replaceFile(file, POLICY.replace('"1000"', '"5"'));
    await until('the new ones are in force', async () => (await shown()).problem === null);
    const second = await shown();
    expect(second.version).not.toBe(first.version);
    expect((await start(6n)).body).toMatchObject({ state: 'rejected', code: 'POLICY_DENIED' });
    const logged = await call<{ items: { data: { rules: string } }[] }>(
      ...([server.url, 'GET', `/log/entries?kind=policy&subject=${second.version}`] as const),
    );
    expect(logged.body.items[0].data.rules).toContain('"max_amount":"5"');
  });

  it('agrees with its log by fsck, until a record is altered', async () => {
    const env = {
      DATA_DIR: server.dataDir,
      DATABASE_URL: String(server.databaseUrl),
      JWT_SECRET: SECRET,
      PORT: '0',
    };
    const clean = await runCommand(['fsck', '--json'], env);
    expect({ code: clean.code, out: clean.stdout.slice(-400) }).toMatchObject({ code: 0 });
    const { Client } = await import('pg');
    const client = new Client({ connectionString: String(server.databaseUrl) });
    await client.connect();
    await client.query(
      `UPDATE task_audit SET record = replace(record, '"actor":"grace"', '"actor":"mallory"') WHERE record LIKE '%approval.approved%'`,
    );
    await client.end();
    const altered = await runCommand(['fsck', '--json'], env);
    expect(altered.code).toBe(1);
    expect(altered.stdout).toContain('AUDIT_ALTERED');
  });
});
