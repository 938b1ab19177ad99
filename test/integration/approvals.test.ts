import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { AccountAdministration, type Account, type Identity } from '../../src/auth/index.js';
import { unwrap } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { GuardianDashboard } from '../../src/guardian/http/guardian-dashboard.js';
import { ApprovalService, PlanService, PolicyBook, TaskService, TaskStore } from '../../src/tasks/index.js';
import { StepClaims } from '../../src/tasks/run/step-claims.js';
import { answerOnce, createTestDatabase, temporaryFolder, testConfig } from '../support/index.js';
import { startHttpReceiver, type Receiver } from '../support/receivers.js';

const rules = (more = '') =>
  `version: 1\nrules:\n  - {action_type: policy_check, allowed: true, requires_approval: true${more}}\n`;
const YES = { approved: true, reason: 'agreed', step: null, planHash: null };

let app: INestApplicationContext;
let drop: () => Promise<void>;
let receiver: Receiver;
const folder = temporaryFolder('policies');

beforeAll(async () => {
  Logger.overrideLogger(false);
  receiver = await startHttpReceiver();
  const database = await createTestDatabase();
  drop = () => database.drop();
  writeFileSync(join(folder, 'rules.yaml'), rules());
  const config = testConfig({
    ...{ policyDir: folder, taskWorkers: 0, monitoringMinutes: 0, passwordMemoryKib: 64, passwordPasses: 1 },
    ...{ notifyChannels: ['webhook'], notifyPrivateAddresses: true },
    ...{ notifyWebhookUrl: `http://${receiver.host}/`, notifyWebhookSecret: 'a-secret-of-some-length' },
  });
  app = await NestFactory.createApplicationContext(
    AppModule.forRoot(config, externalDatabase(database.url)),
    { logger: false, abortOnError: false },
  );
});
afterAll(async () => {
  await app?.close();
  await receiver?.close();
  await drop?.();
});
beforeEach(() => inForce(rules()));

async function inForce(policies: string): Promise<void> {
  writeFileSync(join(folder, 'rules.yaml'), policies);
  await app.get(PolicyBook).reload();
}

let made = 0;
const guardian = async (): Promise<Account> =>
  unwrap(
    await app
      .get(AccountAdministration)
      .create(
        { name: `guardian-${++made}`, email: null, password: 'a long password', roles: ['guardian'] },
        'test',
      ),
  );
const identity = ({ id, roles }: Account): Identity => ({ subject: id, roles });
const ALICE: Identity = { subject: 'alice', roles: ['user'] };

/** A task of one step that waits for an approval. */
const asked = async (who = ALICE, description = ''): Promise<string> => {
  const plan = unwrap(await app.get(PlanService).create('policy_check', { action_type: 'snapshot' }, who));
  return unwrap(await app.get(TaskService).start(plan, { description, key: null }, who)).id;
};
const answer = async (id: string, who: Identity, given = YES) =>
  unwrap(await app.get(ApprovalService).answer(id, given, who));
/** What becomes of the step when its turn comes. */
const turn = async (id: string) => {
  const claimed = await app.get(StepClaims).claim({ task: id, step: 0 }, 'worker');
  const { state, code } = unwrap(await app.get(TaskStore).task(id));
  return claimed === null ? { state, code } : 'begins';
};
const change = async ({ id }: Account, to: Parameters<AccountAdministration['change']>[1]) =>
  unwrap(await app.get(AccountAdministration).change(id, to, 'test'));

describe('an approval that was given', () => {
  it('counts while whoever gave it may give it, also where only their token knows them', async () => {
    for (const who of [identity(await guardian()), { subject: 'grace', roles: ['guardian'] } as const]) {
      const id = await asked();
      await answer(id, who);
      expect(await turn(id)).toBe('begins');
    }
  });

  it.each([
    ['lost the role', { roles: ['user'] }],
    ['was disabled', { disabled: true }],
  ] as const)('counts no more when whoever gave it %s', async (_, to) => {
    const [ada, id] = [await guardian(), await asked()];
    await answer(id, identity(ada));
    await change(ada, to);
    expect(await turn(id)).toEqual({ state: 'failed', code: 'APPROVER_UNFIT' });
  });

  it('counts no more for one who is gone', async () => {
    const id = await asked();
    await answer(id, { subject: `acc_${'a'.repeat(26)}`, roles: ['guardian'] });
    expect(await turn(id)).toEqual({ state: 'failed', code: 'APPROVER_UNFIT' });
  });

  it('counts no more as one’s own when the policies ask for four eyes since', async () => {
    const [ada, bea] = [identity(await guardian()), identity(await guardian())];
    const [own, others] = [await asked(ada), await asked(ada)];
    await answer(own, ada);
    await answer(others, bea);
    await inForce(rules(', four_eyes: true'));
    expect(await turn(own)).toEqual({ state: 'failed', code: 'FOUR_EYES' });
    expect(await turn(others)).toBe('begins');
  });
});

describe('a task that waits for an approval', () => {
  const told = (id: string, event: string) =>
    receiver.received
      .map(({ body }) => JSON.parse(body) as { key: string; event: string; text: string; link: string })
      .filter(({ key, event: is }) => key === `approval:${id}/0` && is === event);
  const hears = (id: string, event: string) =>
    answerOnce(
      () => told(id, event),
      ({ length }) => length > 0,
    );
  const shown = async () => {
    const { approvals } = (await app.get(GuardianDashboard).read()) as { approvals: { task_id: string }[] };
    return approvals;
  };
  const late = (id: string) =>
    app
      .get(DataSource)
      .query(`UPDATE task_approvals SET expires_at = now() - interval '1 second' WHERE task_id = $1`, [id]);

  it('calls a guardian, stands on the dashboard, and is settled by the answer', async () => {
    const id = await asked(ALICE, 'before the holidays');
    const [{ text, link }] = await hears(id, 'raised');
    expect(link).toMatch(new RegExp(`/task-list/${id}$`));
    expect(text).toContain('before the holidays');
    expect(text).toContain('asked for by alice');
    expect((await shown()).find(({ task_id: task }) => task === id)).toMatchObject({
      ...{ step_id: '0', action_type: 'policy_check', asked_by: 'alice', four_eyes: false },
      ...{ expires_at: expect.any(Number), if_nobody_answers: expect.stringContaining('fails') },
    });
    await answer(id, { subject: 'grace', roles: ['guardian'] });
    await hears(id, 'settled');
    expect(told(id, 'raised')).toHaveLength(1);
    expect((await shown()).map(({ task_id: task }) => task)).not.toContain(id);
  });

  it('calls people at most ten times for one account, also where it cancels, and for others then', async () => {
    const bob: Identity = { subject: 'bob', roles: ['user'] };
    const calls = async () => {
      const [{ count }] = await app.get(DataSource).query<{ count: number }[]>(
        `SELECT count(*)::integer FROM notifications n JOIN tasks t ON n.key = 'approval:' || t.id || '/0'
         WHERE t.owner = 'bob'`,
      );
      return count;
    };
    const ids = await Promise.all(Array.from({ length: 12 }, () => asked(bob)));
    expect(await calls()).toBe(10);
    const waiting = (await shown()).map(({ task_id: task }) => task);
    expect(waiting).toEqual(expect.arrayContaining(ids));
    for (const id of ids) await app.get(TaskService).cancel(id, bob, 'again');
    await asked(bob);
    expect(await calls()).toBe(10);
    await hears(await asked(), 'raised');
  });

  it('calls nobody while a hundred are called for others', async () => {
    const database = app.get(DataSource);
    await database.query(
      `INSERT INTO notifications (id, key, kind, severity, title, body, path, needs_answer, stage)
       SELECT 'note_' || lpad(i::text, 32, '0'), 'approval:others/' || i, 'approval', 'warning', '', '', '/', true, 'webhook'
       FROM generate_series(1, 100) i`,
    );
    const silent = await asked();
    await database.query(`DELETE FROM notifications WHERE key LIKE 'approval:others/%'`);
    await hears(await asked(), 'raised');
    expect(told(silent, 'raised')).toEqual([]);
    expect((await shown()).map(({ task_id: task }) => task)).toContain(silent);
  });

  it.each([
    [
      'a rejection',
      (id: string) => answer(id, { subject: 'grace', roles: ['guardian'] }, { ...YES, approved: false }),
    ],
    ['its end', (id: string) => app.get(TaskService).cancel(id, ALICE, 'no more')],
    ['the time', async (id: string) => [await late(id), await app.get(ApprovalService).expire()]],
  ])('is settled by %s', async (_, happens) => {
    const id = await asked();
    await hears(id, 'raised');
    await happens(id);
    await hears(id, 'settled');
    expect((await shown()).map(({ task_id: task }) => task)).not.toContain(id);
  });
});
