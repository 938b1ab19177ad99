import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { answerOnce, startServer, until, type TestServer } from '../support/index.js';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.js';
import { call, startCounter, waitForTask, type Counter, type TaskDocument } from '../support/tasks.js';

const MEBIBYTE = 1024 * 1024;

let server: TestServer;
let counter: Counter;
let disk: SmallDisk;

beforeAll(async () => {
  disk = await mountSmallDisk('size=64m');
  counter = await startCounter();
  // A second attempt comes when a test asks for it, and not before.
  const env = { IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true', TASK_RETRY_MS: '600000' };
  server = await startServer({ dataDir: disk.folder, env, until: 'listening' });
});
afterAll(async () => {
  counter?.close();
  await server?.stop();
  await disk?.remove();
});

const filler = () => join(disk.folder, 'filler');
function fill(): void {
  const { bavail, bsize } = statfsSync(disk.folder);
  writeFileSync(filler(), Buffer.alloc(bavail * bsize - MEBIBYTE));
}
const put = (hash: string) => call(server.url, 'POST', '/write', { hash });
const probe = () => ({ task_type: 'http_probe', parameters: { url: counter.url, timeout_ms: 30_000 } });

describe('a disk that is full when something is to be recorded', () => {
  it('refuses what would have to be recorded, does none of it, and goes on when there is space', async () => {
    const hash = randomBytes(32).toString('hex');
    const question = {
      type: 'scaling',
      action: 'scale_down',
      parameters: { threads: 1, expert_cache_mb: 64 },
      reason: 'a trial',
    };
    expect((await put(randomBytes(32).toString('hex'))).status).toBe(200);
    fill();
    const full = (answer: { status: number }) => answer.status === 507;
    await answerOnce(() => put(randomBytes(32).toString('hex')), full);
    expect(await put(hash)).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } });
    expect((await call(server.url, 'GET', `/verify/${hash}`)).status).toBe(404);
    const started = await call<TaskDocument & { code: string }>(server.url, 'POST', '/task/start', probe());
    expect(started).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } });
    const decided = await call(server.url, 'POST', '/api/autonomous/decision', question);
    expect(decided).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } });
    expect(
      (await call<{ items: object[] }>(server.url, 'GET', '/api/autonomous/decisions')).body.items,
    ).toEqual([]);
    expect((await call<{ items: object[] }>(server.url, 'GET', '/tasks')).body.items).toEqual([]);
    expect(counter.requests).toEqual([]);

    rmSync(filler());
    await answerOnce(
      () => put(hash),
      ({ status }) => status === 200,
    );
    expect((await call(server.url, 'GET', `/verify/${hash}`)).status).toBe(200);
    const { body } = await call<TaskDocument>(server.url, 'POST', '/task/start', probe());
    expect((await waitForTask(server.url, body.task_id, ['completed', 'failed'])).state).toBe('completed');
    expect(counter.requests).toEqual([`${body.task_id}/0`]);
  });

  it('does not do a step whose start cannot be recorded, and does it once when it can', async () => {
    const database = new Client({ connectionString: String(server.databaseUrl) });
    await database.connect();
    try {
      counter.requests.splice(0);
      counter.faults.push(503);
      const { body } = await call<TaskDocument>(server.url, 'POST', '/task/start', probe());
      const step = async () =>
        (await call<TaskDocument>(server.url, 'GET', `/task/${body.task_id}`)).body.steps[0];
      await until('the first attempt is over', async () => {
        const { state, code } = await step();
        return state === 'ready' && code === 'PROBE_STATUS';
      });
      fill();
      await answerOnce(
        () => put(randomBytes(32).toString('hex')),
        ({ status }) => status === 507,
      );
      const key = `${body.task_id}/0`;
      await database.query(
        `SELECT graphile_worker.reschedule_jobs(ARRAY[id], run_at => now()) FROM graphile_worker.jobs WHERE key = $1`,
        [key],
      );
      const refusals = async () =>
        (
          await database.query<{ last_error: string | null }>(
            'SELECT last_error FROM graphile_worker.jobs WHERE key = $1',
            [key],
          )
        ).rows[0].last_error;
      expect(await answerOnce(refusals, (said) => said !== null)).toContain('The disk is full');
      expect(await step()).toMatchObject({ state: 'ready', attempts: 1 });
      expect(counter.requests).toEqual([key]);
      rmSync(filler());
      expect((await waitForTask(server.url, body.task_id, ['completed', 'failed'])).state).toBe('completed');
      expect(counter.requests).toEqual([key, key]);
    } finally {
      await database.end();
    }
  });

  it('takes no answer of a guardian that cannot be recorded, and takes it when it can', async () => {
    type Question = { escalation_id: string; decision: { decision_id: string } };
    const get = async <T>(path: string) => (await call<T>(server.url, 'GET', path)).body;
    const answer = (id: string, what: string) =>
      call(server.url, 'POST', `/api/guardian/escalations/${id}/${what}`, { reason: 'as seen' });
    const stateOf = async ({ decision }: Question) =>
      (await get<{ state: string }>(`/api/autonomous/decisions/${decision.decision_id}`)).state;
    for (const streams of [17, 18]) {
      const parameters = { streams };
      const asked = { type: 'scaling', action: 'scale_up', parameters, reason: 'a trial' };
      const { body } = await call(server.url, 'POST', '/api/autonomous/decision', asked);
      expect(body).toMatchObject({ state: 'waiting' });
    }
    const open = () => get<{ items: Question[] }>('/api/guardian/escalations?state=open');
    const audit = () => get<{ items: object[] }>('/api/guardian/audit?format=json&limit=200');
    const { items } = await open();
    expect(items).toHaveLength(2);
    const recorded = (await audit()).items.length;

    fill();
    await answerOnce(
      () => put(randomBytes(32).toString('hex')),
      ({ status }) => status === 507,
    );
    for (const [i, what] of ['approve', 'reject'].entries()) {
      const refused = await answer(items[i].escalation_id, what);
      expect(refused).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } });
    }
    expect((await open()).items).toEqual(items);
    expect(await Promise.all(items.map(stateOf))).toEqual(['waiting', 'waiting']);
    expect((await audit()).items.length).toBe(recorded);

    rmSync(filler());
    await answerOnce(
      () => put(randomBytes(32).toString('hex')),
      ({ status }) => status === 200,
    );
    expect((await answer(items[0].escalation_id, 'reject')).status).toBe(200);
    expect(await stateOf(items[0])).toBe('rejected');
    expect((await answer(items[1].escalation_id, 'approve')).status).toBe(200);
    expect(['executing', 'executed', 'verified', 'succeeded', 'failed', 'undone']).toContain(
      await stateOf(items[1]),
    );
    expect((await open()).items).toEqual([]);
  });
});
