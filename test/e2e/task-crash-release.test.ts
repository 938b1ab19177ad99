import { readdirSync } from 'node:fs';
import { Client } from 'pg';
import { GOLDEN } from '../support/autonomy.js';
import { atBoundary, CrashingServer, type Crash } from '../support/crashing-server.js';
import { temporaryFolder } from '../support/index.js';
import { call } from '../support/tasks.js';

/** One after the other in the life of one task. */
const KILLS = ['picked', 'claimed', 'acted', 'committed'].map((boundary) => atBoundary(boundary));
/** The same with one more in the middle of the work itself. */
const killsWith = (middle: Crash): Crash[] => [...KILLS.slice(0, 2), middle, ...KILLS.slice(2)];

describe('a server that is killed at every boundary of a step that works on releases', () => {
  let doomed: CrashingServer;
  const snapshotDir = temporaryFolder('snapshots');

  beforeAll(async () => {
    doomed = await CrashingServer.start({ TASK_RETRY_MS: '20', SNAPSHOT_DIR: snapshotDir });
  });
  afterAll(() => doomed.stop());

  const count = async (from: string): Promise<number> => {
    const client = new Client({ connectionString: String(doomed.server.databaseUrl) });
    await client.connect();
    const { rows } = await client
      .query<{ n: string }>(`SELECT count(*) AS n FROM ${from}`)
      .finally(() => client.end());
    return Number(rows[0].n);
  };
  const noted = (attempts: number, more: object = {}) => ({
    ...{ 'task.created': 1, 'step.started': attempts, 'step.completed': 1, 'task.completed': 1 },
    ...more,
  });

  it('imports a model as one release, promoted once', async () => {
    const body = {
      task_type: 'import_model',
      parameters: { folder: GOLDEN, name: 'mixtral-a', dtype: 'f32' },
    };
    const middle = { event: 'import.progress', facts: { model: 'mixtral-a' } };
    const task = await doomed.survive(killsWith(middle), body);
    expect(task).toMatchObject({ state: 'completed', steps: [{ output: { version: '1.0.0' } }] });
    const approval = { 'approval.requested': 1, 'approval.approved': 1 };
    expect(await doomed.events(task)).toEqual(noted(4, approval));
    const releases = await call<{ items: unknown[] }>(
      ...([doomed.server.url, 'GET', '/models/mixtral-a/releases'] as const),
    );
    expect(releases.body.items).toMatchObject([{ version: '1.0.0' }]);
    expect(await count(`log_entries WHERE kind = 'release.promoted' AND leaf LIKE '%mixtral-a%'`)).toBe(1);
    const again = await doomed.survive([], body);
    expect(again.steps[0].output).toMatchObject({ version: '1.0.0', created: false, created_blocks: 0 });
  });

  it('makes one snapshot, and removes what is too old', async () => {
    const first = await doomed.survive([], { task_type: 'snapshot', parameters: {} });
    expect(readdirSync(snapshotDir)).toEqual([first.steps[0].output?.id]);
    const task = await doomed.survive(KILLS, { task_type: 'snapshot', parameters: { keep: 1 } });
    expect(task.state).toBe('completed');
    expect(await doomed.events(task)).toEqual(noted(3));
    expect(readdirSync(snapshotDir)).toEqual([task.steps[0].output?.id]);
  });

  it('measures a release once', async () => {
    const { body } = await call<{ items: { version: string }[] }>(
      ...([doomed.server.url, 'GET', '/models/genesis/releases'] as const),
    );
    const parameters = { model: 'genesis', version: body.items[0].version };
    const middle = { event: 'mirror.progress', facts: { state: 'running' } };
    const task = await doomed.survive(killsWith(middle), { task_type: 'run_evaluation', parameters });
    expect(task).toMatchObject({ state: 'completed', steps: [{ attempts: 4 }] });
    expect(await doomed.events(task)).toEqual(noted(4));
    expect(await count(`log_entries WHERE kind = 'mirror.report'`)).toBe(1);
    const run = String(task.steps[0].output?.run);
    expect(await count(`mirror_runs WHERE id = '${run}' AND state = 'completed'`)).toBe(1);
    expect(await count(`mirror_runs WHERE state = 'running'`)).toBe(0);
  });
});
