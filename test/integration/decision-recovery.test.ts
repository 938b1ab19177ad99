import { jest } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import type { IdentifiedRequest } from '../../src/auth/index.js';
import { AppModule } from '../../src/app.module.js';
import { SafetyFigures } from '../../src/common/autonomy/safety-figures.js';
import { ok, unwrap, type Json } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { GuardianController } from '../../src/guardian/http/guardian.controller.js';
import { ReleaseEvidence, type MeasuredRelease } from '../../src/guardian/actions/release-evidence.js';
import { ActionRegistry, DecisionService, EmergencyStop } from '../../src/guardian/index.js';
import type { DecisionAsk } from '../../src/guardian/process/decision-ask.js';
import { DecisionExecutor } from '../../src/guardian/process/decision-executor.js';
import { DecisionRecovery } from '../../src/guardian/process/decision-recovery.js';
import { OverrideService } from '../../src/guardian/process/override-service.js';
import { DecisionStore } from '../../src/guardian/store/decision-store.js';
import { ModelCatalog } from '../../src/inference/index.js';
import { createTestDatabase, PATIENCE_MS, testConfig, until } from '../support/index.js';

const RELEASE = 'ab'.repeat(32);
let app: INestApplicationContext;
let drop: () => Promise<void>;
/** What actions of this test lead to: subject to value, and how often each was set. */
const world = new Map<string, Json>();
const sets: string[] = [];
/** Lets the action end that waits. */
let letGo: () => void = () => undefined;
let heard: unknown = null;
/** Where actions wait to be let go, and whether one does. */
let pause: 'before its effect' | 'within its effect' | null = null;
let waits = false;
/** Whether what is left is found by itself, too, and not only by the test. */
let isSwept = false;
const paused = async (where: typeof pause) => {
  if (pause !== where) return;
  waits = true;
  await new Promise<void>((resolve) => (letGo = resolve));
};

/** Sets a value in a world of its own; `how` says what goes wrong with it. */
function registerAction(name: string, timeoutMs: number): void {
  app.get(ActionRegistry).register({
    ...{ type: 'scaling', name, summary: 'is for this test', parameters: {}, timeoutMs },
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
    execute: async ({ subject, how }, _plan, { signal, begin }) => {
      if (how === 'slow')
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject((heard = signal.reason) as Error)),
        );
      await paused('before its effect');
      begin();
      await paused('within its effect');
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
  const store = app.get(DecisionStore);
  const left = store.left.bind(store);
  jest.spyOn(store, 'left').mockImplementation(async () => (isSwept ? left() : []));
  registerAction('set_value', 200);
  registerAction('set_patiently', PATIENCE_MS);
});
afterAll(async () => {
  await app?.close();
  await drop?.();
});

const askFor = (parameters: Record<string, Json>, action: string): DecisionAsk => ({
  ...{ type: 'scaling', action, parameters, idempotencyKey: null, emergency: false },
  ...{ askedBy: 'ada', why: '', orderedBy: 'ada' },
});
const order = async (parameters: Record<string, Json>, action = 'set_value') =>
  unwrap(await app.get(DecisionService).request(askFor(parameters, action)));
const decision = async (id: string) => unwrap(await app.get(DecisionStore).decision(id));
const alerts = () =>
  app
    .get(DataSource)
    .query<{ fingerprint: string; severity: string }[]>(
      'SELECT fingerprint, severity FROM alerts ORDER BY position',
    );

/** A decision as a crash leaves it while its action runs; nothing of it was done. */
async function cutOff(
  subject: string,
  more: Record<string, Json> = {},
  automatic = false,
  action = 'set_value',
): Promise<string> {
  const { id } = await order({ subject, ...more }, action);
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
  afterEach(() => {
    isSwept = false;
    app.get(SafetyFigures).provideSecurity(async () => undefined);
  });

  it('is taken up by the sweeper, and done once by however many look after it', async () => {
    const id = await cutOff('swept');
    await Promise.all([recover(id), recover(id)]);
    await until('it has ended', async () => (await decision(id)).state === 'succeeded');
    expect(sets).toEqual(['swept']);
    const other = await cutOff('swept by itself');
    isSwept = true;
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
    isSwept = true;
    await until('it is taken back', async () => (await decision(id)).state === 'undone');
    expect(world.get('waits')).toBe(0);
  });
});

describe('an emergency stop', () => {
  const stop = () => app.get(EmergencyStop).stop('ada', 'drill', false);
  const resume = () => app.get(EmergencyStop).resume('ada', 'over');
  const isWaiting = () => until('it waits', () => waits);

  /** An action that the matrix let pass; it has not begun yet. */
  async function passed(subject: string): Promise<string> {
    const { registry, ask } = {
      registry: app.get(ActionRegistry),
      ask: askFor({ subject }, 'set_patiently'),
    };
    const proposal = unwrap(await unwrap(registry.of(ask.type, ask.action)).propose(ask.parameters));
    const { id } = unwrap(await app.get(DecisionService).decide(ask, proposal, false));
    await app.get(DataSource).query('UPDATE decisions SET automatic = true WHERE id = $1', [id]);
    return id;
  }
  const begin = (id: string) => app.get(DecisionExecutor).execute(id);

  beforeEach(() => {
    waits = false;
    sets.length = 0;
  });
  afterEach(async () => {
    pause = null;
    letGo();
    await resume();
  });

  it('cuts off an automatic action before its effect, for good: it is held, and as if it had not begun', async () => {
    world.set('stopped', 'at first');
    pause = 'before its effect';
    const id = await passed('stopped');
    const ended = begin(id);
    await isWaiting();
    await stop();
    // It still waits.
    expect(await ended).toMatchObject({
      ...{ state: 'held', result: null, helped: null },
      reason: 'automatic action is stopped by ada: drill; nothing had been done yet',
    });
    await resume();
    letGo();
    world.set('stopped', 'by others');
    pause = null;
    const overrides = app.get(OverrideService);
    expect(unwrap(await overrides.override(id, 'approve', 'ada', 'go on'))).toMatchObject({
      state: 'succeeded',
      result: { before: 'by others' },
    });
    expect(sets).toEqual(['stopped']);
  });

  it('lets an effect that has begun be finished, and records it', async () => {
    pause = 'within its effect';
    const id = await passed('begun');
    const ended = begin(id);
    await isWaiting();
    const told = app.get(GuardianController).stop({ reason: 'drill' }, {} as IdentifiedRequest);
    const known = { decision_id: id, type: 'scaling', action: 'set_patiently', subject: 'begun' };
    expect(await told).toMatchObject({ stopped: true, under_way: [{ ...known, automatic: true }] });
    letGo();
    expect(await ended).toMatchObject({ state: 'succeeded', helped: true });
    expect(sets).toEqual(['begun']);
  });

  it('leaves alone what a guardian ordered', async () => {
    pause = 'before its effect';
    const ended = order({ subject: 'ordered' }, 'set_patiently');
    await isWaiting();
    await stop();
    letGo();
    expect(await ended).toMatchObject({ state: 'succeeded' });
  });

  it('leaves to a guardian what was taken up after a crash, with how things were before that', async () => {
    const id = await cutOff('twice', {}, true, 'set_patiently');
    pause = 'before its effect';
    const ended = app.get(DecisionRecovery).recover(id);
    await isWaiting();
    await stop();
    await ended;
    expect(await decision(id)).toMatchObject({
      ...{ state: 'held', result: { before: 0 }, reason: expect.stringContaining('may be half done') },
    });
    expect(sets).toEqual([]);
  });

  it('finds every action with nothing done before it has begun', async () => {
    const database = app.get(DataSource);
    const release = (version: string, at: number) => {
      const hash = String(at).repeat(64);
      return database.query(
        `INSERT INTO releases (hash, chain_index, model, version, meta, block_time) VALUES ($1, $2, 'm', $3, $1, 0)`,
        [hash, at, version],
      );
    };
    await release('1.0.0', 1);
    await release('1.0.1', 2);
    await database.query(`INSERT INTO models (name, live_release) VALUES ('m', $1)`, ['1'.repeat(64)]);
    const measured = { view: { release: RELEASE } } as unknown as MeasuredRelease;
    // These releases have no blocks.
    jest.spyOn(app.get(ReleaseEvidence), 'measure').mockResolvedValue(ok(measured));
    jest.spyOn(app.get(ModelCatalog), 'resolveLive').mockResolvedValue('1.0.0');

    const next = { model: 'm', version: '1.0.1' };
    /** Action → what it is asked for, and what it found before. */
    const samples: Record<string, [Record<string, Json>, Json]> = {
      ...{ promote: [next, {}], shadow: [next, {}], canary: [next, {}], withdraw: [{ model: 'm' }, {}] },
      ...{ scale_up: [{ threads: 2 }, { size: {} }], scale_down: [{ threads: 1 }, { size: {} }] },
      ...{ add_replicas: [{ replicas: 1 }, {}], remove_replicas: [{ replicas: 0 }, {}] },
      previous_release: [{ model: 'm' }, { from: '1.0.0', to: '1.0.1' }],
      previous_settings: [{}, { size: {}, before: { threads: 2 } }],
      raise_alert: [{ name: 'x', severity: 'info', summary: 'x' }, {}],
      silence_alert: [
        { fingerprint: 'x', minutes: 5 },
        { before: {}, rule: { silencedUntil: 9e12 } },
      ],
      retune_alert: [
        { fingerprint: 'x', severity: 'info' },
        { before: {}, rule: { severity: 'info' } },
      ],
    };
    const actions = app.get(ActionRegistry).all.filter(({ name }) => !name.startsWith('set_'));
    expect(Object.keys(samples).toSorted()).toEqual(actions.map(({ name }) => name).toSorted());
    const state = () =>
      database.query<unknown[]>(
        `SELECT (SELECT count(*) FROM log_entries), (SELECT count(*) FROM alerts), (SELECT live_release FROM models),
           (SELECT count(*) FROM shared_settings WHERE name <> 'autonomy')`,
      );
    const before = await state();
    for (const action of actions) {
      const [parameters, plan] = samples[action.name];
      const signal = new AbortController().signal;
      const cut = () => {
        throw new Error('cut off');
      };
      const run = async () =>
        unwrap(await action.execute(parameters, plan, { actor: 'ada', signal, begin: cut }));
      expect([action.name, await run().catch((thrown: Error) => thrown.message)]).toEqual([
        action.name,
        'cut off',
      ]);
    }
    expect(await state()).toEqual(before);
  });
});
