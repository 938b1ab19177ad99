import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import type { Identity } from '../../src/auth/index.js';
import { unwrap } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { AlertStore } from '../../src/monitoring/index.js';
import { PlanService, PolicyBook, TaskService, TaskStore } from '../../src/tasks/index.js';
import { StepClaims } from '../../src/tasks/run/step-claims.js';
import { answerOnce, createTestDatabase, temporaryFolder, testConfig } from '../support/index.js';

const ALICE: Identity = { subject: 'alice', roles: ['user'] };
const RULES = `version: 1
rules:
  - {action_type: snapshot, allowed: true, roles: [guardian]}
  - {action_type: http_probe, allowed: false}
  - {action_type: policy_check, allowed: true}
  - {action_type: run_evaluation, allowed: true, hours: {zone: UTC, from: "08:00", to: "18:00"}}
`;
const LAXER = 'version: 1\nrules:\n  - {action_type: snapshot, allowed: true}\n';
const BROKEN = 'version: 1\nrules: [';

describe('policies at a start with broken files', () => {
  let folder: string;
  let dataDir: string;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let running: INestApplicationContext | null = null;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    [folder, dataDir] = [temporaryFolder('policies'), temporaryFolder('data')];
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await end();
    await database.drop();
  });

  const end = async () => {
    await running?.close();
    running = null;
  };
  /** The server, ended and started again with these policies. */
  const startWith = async (policies: string, policyDir = folder): Promise<INestApplicationContext> => {
    await end();
    writeFileSync(join(policyDir, 'rules.yaml'), policies);
    const config = testConfig({ dataDir, policyDir, taskWorkers: 0, monitoringMinutes: 0 });
    running = await NestFactory.createApplicationContext(
      AppModule.forRoot(config, externalDatabase(database.url)),
      { logger: false, abortOnError: false },
    );
    return running;
  };
  /** What the policies say of tasks that anybody may ask for where there are no rules. */
  const verdicts = async (app: INestApplicationContext, who = ALICE) => {
    const plans = app.get(PlanService);
    const asked = [
      plans.create('snapshot', {}, who),
      plans.create('http_probe', { url: 'http://127.0.0.1/' }, who),
      plans.create('policy_check', { action_type: 'snapshot' }, who),
    ];
    return (await Promise.all(asked)).map((plan) => unwrap(plan).verdict.allowed);
  };
  /** A task whose only step lies in the queue. */
  const queued = async (app: INestApplicationContext) => {
    const plan = unwrap(
      await app.get(PlanService).create('policy_check', { action_type: 'snapshot' }, ALICE),
    );
    return unwrap(await app.get(TaskService).start(plan, { description: '', key: null }, ALICE)).id;
  };
  /** What becomes of that step when its turn comes. */
  const turn = async (app: INestApplicationContext, task: string) => {
    const claimed = await app.get(StepClaims).claim({ task, step: 0 }, 'worker');
    const [{ state }] = await app.get(TaskStore).steps(task);
    return [claimed === null ? 'not claimed' : 'claimed', state];
  };
  const change = (app: INestApplicationContext, sql: string) => app.get(DataSource).query(sql);
  const alert = (app: INestApplicationContext) =>
    answerOnce(
      async () => {
        const alerts = await app.get(AlertStore).list({ limit: 10 });
        return alerts.find(({ fingerprint }) => fingerprint.startsWith('tasks.POLICY_BROKEN@'))?.summary;
      },
      (summary) => summary !== undefined,
    );

  it('are those that were in force last, until the files are put right', async () => {
    const first = await startWith(RULES);
    const { hash } = first.get(PolicyBook).current;
    expect(await verdicts(first)).toEqual([false, false, true]);
    const second = await startWith(BROKEN);
    const book = second.get(PolicyBook);
    expect([book.current.hash, book.problem?.code]).toEqual([hash, 'POLICY_INVALID']);
    expect(await verdicts(second)).toEqual([false, false, true]);
    expect(await verdicts(second, { subject: 'grace', roles: ['guardian'] })).toEqual([true, false, true]);
    expect(await alert(second)).toContain('the old policies stay in force');
    writeFileSync(join(folder, 'rules.yaml'), LAXER);
    await book.reload();
    expect([book.problem, await verdicts(second)]).toEqual([null, [true, true, true]]);
  });

  it('are the last ones also where they had been in force before others', async () => {
    const { hash } = (await startWith(RULES)).get(PolicyBook).current;
    await startWith(LAXER);
    await startWith(RULES);
    await startWith(BROKEN);
    expect((await startWith(BROKEN)).get(PolicyBook).current.hash).toBe(hash);
  });

  it('forbid everything where none were in force in that folder', async () => {
    await startWith(LAXER, temporaryFolder('elsewhere'));
    const app = await startWith(BROKEN);
    const admin: Identity = { subject: 'root', roles: ['admin'] };
    expect(await verdicts(app, admin)).toEqual([false, false, false]);
    expect(await alert(app)).toContain('nothing is allowed');
    // A plan names the policies it was made by.
    const { hash, content } = app.get(PolicyBook).current;
    const kept = await app
      .get(DataSource)
      .query('SELECT content FROM policy_versions WHERE hash = $1', [hash]);
    expect(kept).toEqual([{ content }]);
    const [{ leaf }] = await change(app, `SELECT leaf FROM log_entries WHERE subject = '${hash}'`);
    expect(JSON.parse(leaf)).toMatchObject({ kind: 'policy', actor: 'server' });
    writeFileSync(join(folder, 'rules.yaml'), LAXER);
    await app.get(PolicyBook).reload();
    expect(await verdicts(app)).toEqual([true, true, true]);
  });

  it('forbid everything where what was kept is not what its hash says', async () => {
    const first = await startWith(RULES);
    await first
      .get(DataSource)
      .query(`UPDATE policy_versions SET content = replace(content, '"allowed":false', '"allowed":true')`);
    expect(await verdicts(await startWith(BROKEN))).toEqual([false, false, false]);
  });

  it('let steps wait, not fail, while nothing is known to be in force', async () => {
    const first = await startWith(RULES);
    const [task, signed] = [await queued(first), await queued(first)];
    await change(first, `UPDATE task_steps SET kept = '"signed"' WHERE task_id = '${signed}'`);
    await change(first, `UPDATE policy_versions SET content = content || ' '`);
    const second = await startWith(BROKEN);
    expect(await turn(second, task)).toEqual(['not claimed', 'ready']);
    expect(await turn(second, signed)).toEqual(['claimed', 'executing']);
    writeFileSync(join(folder, 'rules.yaml'), LAXER);
    await second.get(PolicyBook).reload();
    expect(await turn(second, task)).toEqual(['claimed', 'executing']);
  });

  it('let steps wait, not fail, while the database cannot say', async () => {
    const first = await startWith(RULES);
    const task = await queued(first);
    await change(first, 'ALTER TABLE policies_in_force RENAME TO away');
    const second = await startWith(LAXER);
    expect(await turn(second, task)).toEqual(['not claimed', 'ready']);
    await change(second, 'ALTER TABLE away RENAME TO policies_in_force');
    await second.get(PolicyBook).reload();
    expect(await turn(second, task)).toEqual(['claimed', 'executing']);
  });

  it('are those of before, too, where new ones cannot be written down at a start', async () => {
    const first = await startWith(RULES);
    const { hash } = first.get(PolicyBook).current;
    const task = await queued(first);
    await change(first, 'ALTER TABLE policy_versions ADD CONSTRAINT full_disk CHECK (false) NOT VALID');
    const second = await startWith(LAXER);
    expect(second.get(PolicyBook).current.hash).toBe(hash);
    expect(await turn(second, task)).toEqual(['claimed', 'executing']);
    await change(second, 'ALTER TABLE policy_versions DROP CONSTRAINT full_disk');
    await second.get(PolicyBook).reload();
    expect(await verdicts(second)).toEqual([true, true, true]);
  });
});
