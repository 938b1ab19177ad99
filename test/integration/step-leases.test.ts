import { jest } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import type { Identity } from '../../src/auth/index.js';
import { EventBus, ok, unwrap, type Json } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import {
  AuditTrail,
  PlanService,
  StepRegistry,
  TaskService,
  TaskStore,
  type StepContext,
} from '../../src/tasks/index.js';
import { StepClaims } from '../../src/tasks/run/step-claims.js';
import { LEASE_MS } from '../../src/tasks/run/step-pulse.js';
import { StepSettlement } from '../../src/tasks/run/step-settlement.js';
import { answerOnce, createTestDatabase, testConfig, until } from '../support/index.js';

const ALICE: Identity = { subject: 'alice', roles: ['user'] };
const HOURS_MS = 6 * 60 * 60_000;
/** How much of a lease is over already when it is given: nobody waits for all of it. */
const SPENT_MS = LEASE_MS - 10_000;

/** An attempt of a step, and which of the replicas makes it. */
interface Attempt {
  readonly by: INestApplicationContext;
  readonly context: StepContext;
}

describe('a step in one of two replicas', () => {
  let drop: () => Promise<void>;
  let replicas: INestApplicationContext[] = [];
  const attempts: Attempt[] = [];
  /** What attempts of the step do, which may take hours. */
  let work: (context: StepContext) => Promise<Json>;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const database = await createTestDatabase();
    drop = () => database.drop();
    // Both before there is anything to do: a start takes so long here that a running queue would miss its database.
    replicas = [await start(database.url), await start(database.url)];
  });
  afterEach(() => {
    jest.restoreAllMocks();
    attempts.splice(0);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((app) => app.close()));
    await drop?.();
  });

  async function start(url: string): Promise<INestApplicationContext> {
    const config = testConfig({ taskWorkers: 2, taskRetryMs: 10, monitoringMinutes: 0 });
    const module = AppModule.forRoot(config, externalDatabase(url));
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    app.get(StepRegistry).register({
      ...{ type: 'long_work', summary: 'is for this test', startable: true, risk: 'low' },
      ...{ effect: 'idempotent', timeoutMs: HOURS_MS, parse: () => ok({}) },
      run: (_parameters, context) => {
        attempts.push({ by: app, context });
        return work(context).then((done) => ok(done));
      },
    });
    return app;
  }
  const never = () => new Promise<never>(() => undefined);
  /** Claims of this test are given late: as late by the clock of the database as by the own one. */
  const giveLate = (app: INestApplicationContext) => {
    const claims = app.get(StepClaims);
    const claim = claims.claim.bind(claims);
    jest.spyOn(claims, 'claim').mockImplementation(async (...wanted) => {
      const claimed = await claim(...wanted);
      if (claimed === null) return null;
      await app
        .get(DataSource)
        .query(
          `UPDATE task_steps SET lease_until = lease_until - $2 * interval '1 millisecond' WHERE task_id = $1`,
          [claimed.task.id, SPENT_MS],
        );
      return { ...claimed, leaseEnds: claimed.leaseEnds - SPENT_MS };
    });
  };
  /** Has a server look for steps that were left, as behind the end of an emergency stop. */
  const look = (app: INestApplicationContext) =>
    app.get(EventBus).emit('autonomy.changed', { stopped: false, by: 'ada', reason: 'over' });
  const isOver = async (id: string) => {
    const [{ over }] = await replicas[0]
      .get(DataSource)
      .query<{ over: boolean }[]>('SELECT lease_until <= now() AS over FROM task_steps WHERE task_id = $1', [
        id,
      ]);
    return over;
  };
  const ask = async (): Promise<string> => {
    const [app] = replicas;
    const plan = unwrap(await app.get(PlanService).create('long_work', {}, ALICE));
    return unwrap(await app.get(TaskService).start(plan, { description: '', key: null }, ALICE)).id;
  };
  /** Waits until one of the two is at it. @returns that one, the other one, and what its handler was given */
  const begun = async () => {
    await until('it runs', () => attempts.length === 1);
    const [{ by, context }] = attempts;
    return { holder: by, other: replicas.find((app) => app !== by) as typeof by, context };
  };
  const stepOf = async (id: string) => (await replicas[0].get(TaskStore).steps(id))[0];
  const eventsOf = async (id: string) =>
    (await replicas[0].get(AuditTrail).of(id, 0, 100)).map(({ record }) => record.event);

  it('ends soon after its task was cancelled through the other one', async () => {
    work = never;
    replicas.forEach(giveLate);
    const id = await ask();
    const { other, context } = await begun();
    unwrap(await other.get(TaskService).cancel(id, ALICE, 'enough'));
    await until('the work was told to end', () => context.signal.aborted);
    expect(await stepOf(id)).toMatchObject({ state: 'skipped', attempts: 1 });
    expect(await eventsOf(id)).toEqual(['task.created', 'step.started', 'task.cancelled']);
    expect(attempts).toHaveLength(1);
  });

  it('is taken up within a short lease when its server is cut off, which has given it up by then', async () => {
    const goOn = Promise.withResolvers<Json>();
    work = () => goOn.promise;
    replicas.forEach(giveLate);
    const id = await ask();
    const { holder, other, context } = await begun();
    const [{ left }] = await holder
      .get(DataSource)
      .query<{ left: string }[]>(
        'SELECT extract(epoch FROM lease_until - now()) * 1000 AS left FROM task_steps WHERE task_id = $1',
        [id],
      );
    expect(Number(left)).toBeLessThanOrEqual(LEASE_MS);
    // From here on it reaches the database no more.
    const away = () => Promise.reject(new Error('Connection terminated unexpectedly'));
    const [claims, settlement] = [holder.get(StepClaims), holder.get(StepSettlement)];
    jest.spyOn(claims, 'alive').mockImplementation(away);
    jest.spyOn(claims, 'claim').mockResolvedValue(null);
    const interrupted = jest.spyOn(settlement, 'interrupted').mockImplementation(away);
    let gaveUp: boolean | null = null;
    work = async () => {
      gaveUp = context.signal.aborted;
      return 'done by the other';
    };
    await until('its lease is over', () => isOver(id));
    const done = await answerOnce(
      async () => {
        // The queue may give it to the one that is cut off, again and again.
        look(other);
        return unwrap(await replicas[0].get(TaskStore).task(id));
      },
      ({ state }) => ['completed', 'failed'].includes(state),
    );
    expect([done.state, gaveUp, attempts.length]).toEqual(['completed', true, 2]);
    expect(attempts[1].by).not.toBe(holder);
    // What the first one says now comes too late, also when it can say it.
    goOn.resolve('done by the first');
    await expect(context.keep('late')).rejects.toMatchObject({ code: 'STEP_LOST' });
    const [[late]] = interrupted.mock.calls;
    interrupted.mockRestore();
    await settlement.interrupted(late);
    await settlement.settle(late, ok('done by the first'));
    expect(await stepOf(id)).toMatchObject({ attempts: 2, output: 'done by the other', kept: null });
    expect(await eventsOf(id)).toEqual([
      ...['task.created', 'step.started', 'step.started', 'step.completed', 'task.completed'],
    ]);
  });

  it('keeps nothing of a claim before, also where the attempt was not counted', async () => {
    work = never;
    const claims = replicas.map((app) => jest.spyOn(app.get(StepClaims), 'claim'));
    const id = await ask();
    const { holder, context } = await begun();
    const results = claims.flatMap(({ mock }) => mock.results.map(({ value }) => value));
    const given = await Promise.all(results as ReturnType<StepClaims['claim']>[]);
    const [claimed] = given.filter((each) => each !== null);
    await holder.get(StepSettlement).interrupted(claimed);
    await until('it runs again', () => attempts.length === 2);
    expect(await stepOf(id)).toMatchObject({ state: 'executing', attempts: claimed.attempt });
    await expect(context.keep('early')).rejects.toMatchObject({ code: 'STEP_LOST' });
    expect(await holder.get(StepClaims).alive(claimed)).toBe(false);
    await attempts[1].context.keep('mine');
    expect((await stepOf(id)).kept).toBe('mine');
  });
});
