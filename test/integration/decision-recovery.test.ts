import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { SafetyFigures } from '../../src/common/autonomy/safety-figures.js';
import { ok, unwrap, type Json } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { ActionRegistry, DecisionService, EmergencyStop } from '../../src/guardian/index.js';
import { DecisionRecovery } from '../../src/guardian/process/decision-recovery.js';
import { DecisionStore } from '../../src/guardian/store/decision-store.js';
import { createTestDatabase, testConfig, until } from '../support/index.js';

const RELEASE = 'ab'.repeat(32);
let app: INestApplicationContext;
let drop: () => Promise<void>;
/** What actions of this test lead to: subject to value, and how often each was set. */
const world = new Map<string, Json>();
const sets: string[] = [];
/** Lets the stubborn action end. */
let letGo: () => void = () => undefined;
let heard: unknown = null;

/** Sets a value in a world of its own; `how` says what goes wrong with it. */
function registerAction(): void {
  app.get(ActionRegistry).register({
    ...{ type: 'scaling', name: 'set_value', summary: 'is for this test', parameters: {}, timeoutMs: 200 },
    propose: async ({ subject, release = null }) =>
      ok({
        ...{
          subject: String(subject),
          features: {},
          blastRadius: 0,
          what: 'set',
          why: 'test',
          touches: 'it',
        },
        ...{
          expectedEffect: 'it is set',
          undo: 'as before',
          evidence: {},
          release: release as string | null,
        },
      }),
    prepare: async ({ subject }) => ok({ before: world.get(String(subject)) ?? 0 }),
    execute: async ({ subject, how }, _plan, { signal }) => {
      if (how === 'slow')
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject((heard = signal.reason) as Error)),
        );
      if (how === 'stubborn') await new Promise<void>((resolve) => (letGo = resolve));
      sets.push(String(subject));
      world.set(String(subject), 1);
      return ok();
    },
    verify: async ({ subject, how }) => {
      const helped = world.get(String(subject)) === 1 && how !== 'useless';
      return { helped, detail: helped ? 'it is set' : 'it is not as it should be' };
    },
    undo: async ({ subject }, plan) => {
      world.set(String(subject), (plan as { before: Json }).before);
      return ok();
    },
  });
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  const database = await createTestDatabase();
  drop = () => database.drop();
  const module = AppModule.forRoot(testConfig({ taskWorkers: 0 }), externalDatabase(database.url));
  app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  registerAction();
});
afterAll(async () => {
  await app?.close();
  await drop?.();
});

const order = async (parameters: Record<string, Json>) =>
  unwrap(
    await app.get(DecisionService).request({
      ...{ type: 'scaling', action: 'set_value', parameters, idempotencyKey: null, emergency: false },
      ...{ askedBy: 'ada', why: '', orderedBy: 'ada' },
    }),
  );
const decision = async (id: string) => unwrap(await app.get(DecisionStore).decision(id));
const alerts = () =>
  app
    .get(DataSource)
    .query<{ fingerprint: string; severity: string }[]>(
      'SELECT fingerprint, severity FROM alerts ORDER BY position',
    );

/** A decision as a crash leaves it while its action runs; nothing of it was done. */
async function cutOff(subject: string, more: Record<string, Json> = {}, automatic = false): Promise<string> {
  const { id } = await order({ subject, ...more });
  world.delete(subject);
  await app
    .get(DataSource)
    .query(
      `UPDATE decisions SET state = 'executing', helped = NULL, detail = NULL, automatic = $2, lease_until = now() WHERE id = $1`,
      [id, automatic],
    );
  sets.length = 0;
  return id;
}

describe('an action that takes too long', () => {
  it('is told to stop, and taken back when it has ended', async () => {
    world.set('slow', 'before');
    const row = await order({ subject: 'slow', how: 'slow' });
    expect(row).toMatchObject({ state: 'undone', helped: false, detail: 'it took longer than 200 ms' });
    expect(heard).toMatchObject({ message: 'it took longer than 200 ms' });
    expect(world.get('slow')).toBe('before');
  });

  it('calls a guardian when it goes on, and is taken back once it ends', async () => {
    world.set('stubborn', 'before');
    const row = await order({ subject: 'stubborn', how: 'stubborn' });
    expect(row).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('what it did is not known'),
    });
    expect(await alerts()).toContainEqual({
      ...{ fingerprint: `decisions.effect_unknown.${row.id}`, severity: 'critical' },
    });
    letGo();
    await until('it is taken back', async () => (await decision(row.id)).state === 'undone');
    expect([sets.includes('stubborn'), world.get('stubborn')]).toEqual([true, 'before']);
  });
});

describe('an action that a crash cut off', () => {
  const recover = (id: string) => app.get(DecisionRecovery).recover(id);
  afterEach(() => app.get(SafetyFigures).provideSecurity(async () => undefined));

  it('is taken up by the sweeper, and done once by however many look after it', async () => {
    const id = await cutOff('swept');
    await Promise.all([recover(id), recover(id)]);
    await until('it has ended', async () => (await decision(id)).state === 'succeeded');
    expect(sets).toEqual(['swept']);
    const other = await cutOff('swept by itself');
    await until('it was swept', async () => (await decision(other)).state === 'succeeded');
    expect(sets).toEqual(['swept by itself']);
  });

  it('is not done again where it is done already', async () => {
    const id = await cutOff('done');
    world.set('done', 1);
    await recover(id);
    expect(await decision(id)).toMatchObject({ state: 'succeeded', helped: true });
    expect(sets).toEqual([]);
  });

  it('is taken back, not done, when it is not safe any more', async () => {
    app.get(SafetyFigures).provideSecurity(async () => 0.6);
    const id = await cutOff('unsafe', { release: RELEASE });
    world.set('unsafe', 'half done');
    app.get(SafetyFigures).provideSecurity(async () => 0.3);
    await recover(id);
    expect(await decision(id)).toMatchObject({
      ...{ state: 'undone', helped: false, detail: expect.stringContaining('0.3 is below 0.5') },
    });
    expect([sets, world.get('unsafe')]).toEqual([[], 0]);
  });

  it('that nobody ordered is left to a guardian where a check asks for one now', async () => {
    app.get(SafetyFigures).provideSecurity(async () => 0.6);
    const id = await cutOff('doubtful', { release: RELEASE }, true);
    await recover(id);
    expect(await decision(id)).toMatchObject({
      ...{ state: 'held', reason: expect.stringContaining('asks for a guardian') },
    });
    expect(sets).toEqual([]);
  });

  it('is taken back when it does not help after all', async () => {
    const id = await cutOff('useless', { how: 'useless' });
    await recover(id);
    expect(await decision(id)).toMatchObject({ state: 'undone', helped: false });
    expect([sets, world.get('useless')]).toEqual([['useless'], 0]);
  });

  it('is left to a guardian when it is cut off again and again', async () => {
    const id = await cutOff('deadly');
    const again = () =>
      app
        .get(DataSource)
        .query(`UPDATE decisions SET state = 'executing', lease_until = now() WHERE id = $1`, [id]);
    for (let times = 0; times < 2; times++) {
      await recover(id);
      world.delete('deadly');
      await again();
    }
    await recover(id);
    expect(await decision(id)).toMatchObject({ state: 'held', reason: expect.stringContaining('2 times') });
    expect(sets).toEqual(['deadly', 'deadly']);
  });

  it('waits to be taken back while automatic action is stopped', async () => {
    const id = await cutOff('waits', {}, true);
    world.set('waits', 'half done');
    const source = app.get(DataSource);
    const leave = () =>
      source.query(`UPDATE decisions SET state = 'failed', lease_until = now() WHERE id = $1`, [id]);
    await leave();
    await app.get(EmergencyStop).stop('ada', 'drill', false);
    await recover(id);
    expect([(await decision(id)).state, world.get('waits')]).toEqual(['failed', 'half done']);
    await app.get(EmergencyStop).resume('ada', 'over');
    await leave();
    await until('it is taken back', async () => (await decision(id)).state === 'undone');
    expect(world.get('waits')).toBe(0);
  });
});
