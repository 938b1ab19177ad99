import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotSummary } from '../../src/snapshots/index.js';
import { runCommand, startServer, temporaryFolder, until, type TestServer } from '../support/index.js';
import { mountSmallDisk } from '../support/small-disk.js';
import { call, waitForTask, type TaskDocument } from '../support/tasks.js';

const ENDS = ['completed', 'failed', 'rejected', 'cancelled'];

interface Answer extends Record<string, unknown> {
  readonly receipt_id: string;
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

let server: TestServer;
let snapshotDir: string;
let answer: Answer;
let task: string;

const command = (dataDir: string, ...args: string[]) =>
  runCommand(['--json', 'snapshot', ...args], { DATA_DIR: dataDir, POSTGRES_DIR: join(dataDir, 'pg') });

const ask = (url: string) =>
  call<Answer>(url, 'POST', '/v1/chat/completions', {
    model: 'genesis',
    messages: [{ role: 'user', content: 'What is the colour of the sky?' }],
    ...{ seed: 7, temperature: 0.8, max_tokens: 24 },
  });

beforeAll(async () => {
  snapshotDir = temporaryFolder('snapshots');
  server = await startServer({ database: 'embedded', env: { SNAPSHOT_DIR: snapshotDir } });
  answer = (await ask(server.url)).body;
  const person = { name: 'ada', password: 'correct horse battery', roles: ['user'] };
  expect((await call(server.url, 'POST', '/api/accounts', person)).status).toBe(201);
  task = await runTask('policy_check', { action_type: 'http_probe' });
});
afterAll(() => server?.stop());

async function runTask(task_type: string, parameters: object): Promise<string> {
  const started = await call<TaskDocument>(server.url, 'POST', '/task/start', { task_type, parameters });
  const ended = await waitForTask(server.url, started.body.task_id, ENDS);
  expect(ended.state).toBe('completed');
  return ended.task_id;
}

describe('a snapshot of a running server, brought back elsewhere', () => {
  it('has answers, receipts, accounts, tasks and the same checkpoint, is clean, and goes on', async () => {
    // A log that still grows would be longer here than in the snapshot.
    await until('the log has all of the task', async () => {
      const { body } = await call<{ items: { txid: number | null }[] }>(server.url, 'GET', `/audit/${task}`);
      return body.items.length > 0 && body.items.every(({ txid }) => txid !== null);
    });
    const made = await command(server.dataDir, 'create', '--with-keys');
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: '' });
    const { folder } = JSON.parse(made.stdout) as SnapshotSummary;
    expect(folder.startsWith(snapshotDir)).toBe(true);
    const checkpoint = readFileSync(join(server.dataDir, 'log', 'checkpoint'), 'utf8');
    expect(readFileSync(join(folder, 'log', 'checkpoint'), 'utf8')).toBe(checkpoint);

    const dataDir = temporaryFolder('restored');
    const restored = await command(dataDir, 'restore', folder);
    expect(restored.code).toBe(0);
    expect(JSON.parse(restored.stdout)).toMatchObject({
      ...{ missing_keys: [], other_settings: [], migrated: [] },
      fsck: { clean: true, errors: 0, warnings: 0 },
    });
    expect(readFileSync(join(dataDir, 'log', 'checkpoint'), 'utf8')).toBe(checkpoint);

    const other = await startServer({ dataDir, database: 'embedded' });
    try {
      const get = (url: string, path: string) => call(url, 'GET', path);
      for (const path of [
        `/v1/receipts/${answer.receipt_id}`,
        '/api/accounts',
        `/task/${task}`,
        `/audit/${task}`,
      ])
        expect(await get(other.url, path)).toEqual(await get(server.url, path));
      const replayed = await call(other.url, 'POST', `/v1/receipts/${answer.receipt_id}/replay`, {});
      expect(replayed).toMatchObject({ status: 200, body: { agrees: true } });
      const again = await ask(other.url);
      expect(again.body.choices[0].message.content).toBe(answer.choices[0].message.content);
    } finally {
      await other.stop();
    }
  });

  it('is made by a task, too, without keys', async () => {
    const id = await runTask('snapshot', { keep: 5 });
    const { body } = await call<TaskDocument>(server.url, 'GET', `/task/${id}`);
    const output = body.steps.at(-1)!.output as unknown as SnapshotSummary;
    expect(output).toMatchObject({ with_keys: false });
    expect(readdirSync(output.folder)).not.toContain('keys');
  });

  it('is refused with a flipped byte, by the name of the file, and nothing is touched', async () => {
    const { folder } = JSON.parse((await command(server.dataDir, 'create')).stdout) as SnapshotSummary;
    const path = 'tables/receipts.jsonl';
    const bytes = readFileSync(join(folder, path));
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(join(folder, path), bytes);
    const dataDir = temporaryFolder('refused');
    const refused = await command(dataDir, 'restore', folder);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'SNAPSHOT_DAMAGED', facts: { files: [path] } },
    });
    expect(readdirSync(dataDir)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('leaves nothing that looks whole when the disk is full in the middle, and the server goes on', async () => {
    // Room for all the bytes, but not for all the files: the disk is full in the middle, whatever was looked at before.
    const small = await mountSmallDisk('size=256m,nr_inodes=60');
    const full = await startServer({ env: { SNAPSHOT_DIR: small.folder } });
    try {
      const made = await command(full.dataDir, 'create');
      expect(made.code).toBe(1);
      expect(JSON.parse(made.stdout)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
      expect(readdirSync(small.folder)).toEqual([]);
      await until('it is ready', async () => (await call(full.url, 'GET', '/ready')).status === 200);
      await small.remount('nr_inodes=2000');
      expect((await command(full.dataDir, 'create')).code).toBe(0);
    } finally {
      await full.stop();
      await small.remove();
    }
  });

  it('is made the same way of a stopped server', async () => {
    const { dataDir } = server;
    await server.stop();
    const made = await runCommand(['--json', 'snapshot', 'create', '--keep', '1'], {
      ...{ DATA_DIR: dataDir, SNAPSHOT_DIR: snapshotDir },
      POSTGRES_DIR: join(dataDir, 'postgres-elsewhere'),
    });
    expect(made.code).toBe(0);
    const { id } = JSON.parse(made.stdout) as SnapshotSummary;
    expect(readdirSync(snapshotDir)).toEqual([id]);
  });
});
