import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { packageRoot } from '../../src/common/installation.js';
import {
  createTestDatabase,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { call, startCounter, waitForTask, type Counter, type TaskDocument } from '../support/tasks.js';

/** Longer than this machine may stop: the second attempt must be answered in that time. */
const PROBE_MS = 10_000;
const ENDS = ['completed', 'failed', 'rejected', 'cancelled'];

describe('tasks when something goes wrong', () => {
  let server: TestServer;
  let counter: Counter;
  let database: Client;

  const options = { until: 'listening', dataDir: temporaryFolder('faults') } as const;
  const env = { IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true', TASK_RETRY_MS: '20' };

  beforeAll(async () => {
    counter = await startCounter();
    server = await startServer({ ...options, database: (await createTestDatabase()).url, env });
    database = new Client({ connectionString: String(server.databaseUrl) });
    await database.connect();
  });
  afterAll(async () => {
    counter.close();
    await database.end();
    await server.stop();
  });
  beforeEach(() => void counter.requests.splice(0));

  const start = async (task_type: string, parameters: object): Promise<string> => {
    const { body } = await call<TaskDocument>(server.url, 'POST', '/task/start', { task_type, parameters });
    return body.task_id;
  };
  const approve = (id: string) =>
    call(server.url, 'POST', `/task/${id}/approve`, { approved: true, reason: 'go' });

  it('does nothing when the audit record cannot be written, and goes on when it can', async () => {
    await database.query(`
      CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
    await database.query(`
      CREATE TRIGGER full_disk BEFORE INSERT ON task_audit FOR EACH ROW
      WHEN (NEW.record LIKE '%step.started%') EXECUTE FUNCTION disk_full()`);
    const id = await start('http_probe', { url: counter.url, timeout_ms: 30_000 });
    const refused = async () =>
      (await database.query('SELECT 1 FROM graphile_worker.jobs WHERE last_error IS NOT NULL')).rowCount;
    await until('the step was refused', async () => (await refused()) !== 0);
    expect(counter.requests).toEqual([]);
    await database.query('DROP TRIGGER full_disk ON task_audit');
    expect((await waitForTask(server.url, id, ENDS)).state).toBe('completed');
    expect(counter.requests).toEqual([`${id}/0`]);
  });

  it('notes what a step did when the database was lost just then, and does not do it again', async () => {
    await database.query('CREATE SEQUENCE lost_notes');
    await database.query(`
      CREATE FUNCTION lose_note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval('lost_notes');
        RAISE EXCEPTION 'terminating connection due to administrator command' USING ERRCODE = '57P01'; END $$`);
    await database.query(`
      CREATE TRIGGER lost_note BEFORE INSERT ON task_audit FOR EACH ROW
      WHEN (NEW.record LIKE '%step.completed%') EXECUTE FUNCTION lose_note()`);
    const id = await start('http_probe', { url: counter.url, timeout_ms: 30_000 });
    const lost = async () => (await database.query('SELECT 1 FROM lost_notes WHERE last_value > 1')).rowCount;
    await until('the note was lost twice', async () => (await lost()) !== 0);
    await database.query('DROP TRIGGER lost_note ON task_audit');
    expect(await waitForTask(server.url, id, ENDS)).toMatchObject({
      ...{ state: 'completed', steps: [{ attempts: 1 }] },
    });
    expect(counter.requests).toEqual([`${id}/0`]);
  });

  it('goes on with a step whose beginning was written down, but not answered', async () => {
    const preload = join(packageRoot(), 'test', 'support', 'lose-an-answer.mjs');
    const losing = await startServer({
      ...{ database: (await createTestDatabase()).url, until: 'listening' },
      env: { ...env, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` },
    });
    try {
      const body = { task_type: 'http_probe', parameters: { url: counter.url, timeout_ms: 30_000 } };
      const { task_id: id } = (await call<TaskDocument>(losing.url, 'POST', '/task/start', body)).body;
      const done = await waitForTask(losing.url, id, ENDS);
      expect(done).toMatchObject({ state: 'completed', steps: [{ attempts: 1 }] });
      expect(counter.requests).toEqual([`${id}/0`]);
      expect(losing.output()).toContain('an answer was lost');
    } finally {
      await losing.stop();
    }
  });

  it('gives up on a step that hangs by its deadline, and tries again', async () => {
    counter.faults.push('hang');
    const id = await start('http_probe', { url: counter.url, timeout_ms: PROBE_MS });
    const done = await waitForTask(server.url, id, ENDS);
    expect(done).toMatchObject({ state: 'completed', steps: [{ attempts: 2 }] });
  });

  it('refuses an approval whose time is over, and ends its task', async () => {
    const id = await start('import_model', { folder: '/nothing' });
    await waitForTask(server.url, id, ['waiting_approval']);
    await database.query(
      `UPDATE task_approvals SET expires_at = now() - interval '1 second' WHERE task_id = $1`,
      [id],
    );
    expect(await approve(id)).toMatchObject({ status: 409, body: { code: 'APPROVAL_EXPIRED' } });
    expect(await waitForTask(server.url, id, ENDS)).toMatchObject({
      state: 'failed',
      code: 'APPROVAL_EXPIRED',
    });
  });

  it('does not do a step that is not what was approved', async () => {
    const id = await start('import_model', { folder: '/nothing' });
    await waitForTask(server.url, id, ['waiting_approval']);
    await database.query(`UPDATE task_steps SET parameters = '{"folder":"/etc"}' WHERE task_id = $1`, [id]);
    expect((await approve(id)).status).toBe(200);
    expect(await waitForTask(server.url, id, ENDS)).toMatchObject({
      ...{ state: 'failed', code: 'PLAN_CHANGED' },
      steps: [{ attempts: 0 }],
    });
    const other = await start('import_model', { folder: '/nothing' });
    const { plan_id } = await waitForTask(server.url, other, ['waiting_approval']);
    await database.query(`UPDATE task_plans SET plan = replace(plan, '/nothing', '/etc') WHERE id = $1`, [
      plan_id,
    ]);
    expect(await approve(other)).toMatchObject({ status: 409, body: { code: 'PLAN_CHANGED' } });
  });

  it('gives a running step back when the server stops, and does it after the next start', async () => {
    counter.faults.push('hang');
    const id = await start('http_probe', { url: counter.url, timeout_ms: 30_000 });
    await until('the step runs', () => counter.requests.length > 0);
    expect(await server.stop()).toBe(0);
    server = await startServer({ ...options, database: String(server.databaseUrl), env });
    const done = await waitForTask(server.url, id, ENDS);
    expect(done).toMatchObject({ state: 'completed', steps: [{ attempts: 1 }] });
    expect(counter.requests).toEqual([`${id}/0`, `${id}/0`]);
  });

  it('cancels a step that runs', async () => {
    counter.faults.push('hang');
    const id = await start('http_probe', { url: counter.url, timeout_ms: 30_000 });
    await until('the step runs', () => counter.requests.length > 0);
    await call(server.url, 'POST', `/task/${id}/cancel`, { reason: 'enough' });
    const ended = await waitForTask(server.url, id, ENDS);
    expect(ended).toMatchObject({ state: 'cancelled', reason: 'enough', steps: [{ state: 'skipped' }] });
  });
});
