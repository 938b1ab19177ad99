import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource, type QueryRunner } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { AccountAdministration, type Account, type Identity } from '../../src/auth/index.js';
import { ok, unwrap } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { MachineVitals } from '../../src/monitoring/index.js';
import { SecurityAgent } from '../../src/monitoring/agents/security-agent.js';
import {
  AuditTrail,
  PlanService,
  PolicyBook,
  StepRegistry,
  TaskService,
  TaskStore,
} from '../../src/tasks/index.js';
import { StepClaims } from '../../src/tasks/run/step-claims.js';
import { createTestDatabase, temporaryFolder, testConfig } from '../support/index.js';

const CONNECTIONS = 3;
const OPEN = 'version: 1\nrules:\n  - {action_type: pay, allowed: true}\n';
const RESERVED = `version: 1
rules:
  - {action_type: pay, allowed: true, roles: [contributor]}
  - {action_type: policy_check, allowed: true, roles: [contributor, guardian]}
`;

let app: INestApplicationContext;
let drop: () => Promise<void>;
let made = 0;
const folder = temporaryFolder('policies');

beforeAll(async () => {
  Logger.overrideLogger(false);
  const database = await createTestDatabase();
  drop = () => database.drop();
  writeFileSync(join(folder, 'rules.yaml'), OPEN);
  const config = testConfig({
    ...{ policyDir: folder, taskWorkers: 0, monitoringMinutes: 0, passwordMemoryKib: 64, passwordPasses: 1 },
    ...{ healing: 'off', databasePoolSize: CONNECTIONS },
  });
  app = await NestFactory.createApplicationContext(
    AppModule.forRoot(config, externalDatabase(database.url)),
    { logger: false, abortOnError: false },
  );
  app.get(StepRegistry).register({
    ...{ type: 'pay', summary: 'is for this test', startable: true, risk: 'low', effect: 'none' },
    ...{ timeoutMs: 1_000, movesValue: true, parse: () => ok({}), amount: () => '5' },
    run: () => Promise.resolve(ok(null)),
  });
});
afterAll(async () => {
  await app?.close();
  await drop?.();
});

async function inForce(policies: string): Promise<void> {
  writeFileSync(join(folder, 'rules.yaml'), policies);
  await app.get(PolicyBook).reload();
}
const account = async (...roles: Account['roles']): Promise<Account> =>
  unwrap(
    await app
      .get(AccountAdministration)
      .create({ name: `account-${++made}`, email: null, password: 'a long password', roles }, 'test'),
  );
/** A task of one step that lies in the queue. */
const queued = async (who: Identity, type = 'policy_check'): Promise<string> => {
  const parameters = type === 'pay' ? {} : { action_type: 'snapshot' };
  const plan = unwrap(await app.get(PlanService).create(type, parameters, who));
  return unwrap(await app.get(TaskService).start(plan, { description: '', key: null }, who)).id;
};
/** What becomes of the step when its turn comes. */
const turn = async (id: string) => {
  const claimed = await app.get(StepClaims).claim({ task: id, step: 0 }, 'worker');
  const { state, code } = unwrap(await app.get(TaskStore).task(id));
  return claimed === null ? { state, code } : 'begins';
};

describe('whoever asked for a task, when the turn of its step comes,', () => {
  // The last admin could not give up the role.
  beforeAll(() => account('admin'));
  beforeEach(() => inForce(RESERVED));
  const change = async ({ id }: Account, to: Parameters<AccountAdministration['change']>[1]) =>
    unwrap(await app.get(AccountAdministration).change(id, to, 'test'));
  const asking = async (...roles: Account['roles']) => {
    const who = await account(...roles);
    return { who, id: await queued({ subject: who.id, roles: who.roles }) };
  };

  it.each([
    ['has lost the role', ['contributor'], { roles: [] }],
    ['is no admin any more', ['admin'], { roles: [] }],
    ['was disabled', ['contributor'], { disabled: true }],
  ] as const)(
    'is refused on record where the policies ask for a role and whoever asked %s',
    async (_, roles, to) => {
      const { who, id } = await asking(...roles);
      await change(who, to);
      expect(await turn(id)).toEqual({ state: 'failed', code: 'OWNER_UNFIT' });
      const [{ code, detail }] = await app.get(TaskStore).steps(id);
      expect(code).toBe('OWNER_UNFIT');
      expect(detail).toContain('needs the role contributor or guardian');
      const records = (await app.get(AuditTrail).of(id, 0, 10)).map(({ record }) => record);
      expect(records).toContainEqual(expect.objectContaining({ event: 'step.refused', code: 'OWNER_UNFIT' }));
    },
  );

  it('may have another role by then that does as well', async () => {
    const { who, id } = await asking('contributor');
    await change(who, { roles: ['guardian'] });
    expect(await turn(id)).toBe('begins');
  });

  it('is told that the policies forbid it where that is what changed', async () => {
    await inForce(OPEN);
    const { id } = await asking();
    await inForce(RESERVED);
    expect(await turn(id)).toEqual({ state: 'failed', code: 'POLICY_DENIED' });
  });

  it('counts as when they asked where only their token knows them', async () => {
    expect(await turn(await queued({ subject: 'carol', roles: ['contributor'] }))).toBe('begins');
  });
});

describe('a step that moves value', () => {
  it('begins with the one connection that others have left', async () => {
    await inForce(OPEN);
    await app.get(SecurityAgent).observe();
    const id = await queued({ subject: 'alice', roles: ['user'] }, 'pay');
    const others: QueryRunner[] = [];
    // The sequencer of the log holds one already.
    const held = () => app.get(MachineVitals).pool().open - app.get(MachineVitals).pool().idle;
    try {
      for (let left = CONNECTIONS; left > 1 && held() < CONNECTIONS - 1; left--) {
        others.push(app.get(DataSource).createQueryRunner());
        await others.at(-1)?.connect();
      }
      expect(await app.get(StepClaims).claim({ task: id, step: 0 }, 'worker')).not.toBeNull();
    } finally {
      await Promise.all(others.map((each) => each.release()));
    }
  });
});
