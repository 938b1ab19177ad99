import { jest } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { ok, unwrap } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import {
  Importer,
  ParameterIndex,
  Promotion,
  PromotionDoor,
  type PromotionAsk,
} from '../../src/experts/index.js';
import { Autopilot } from '../../src/guardian/autopilot/autopilot.js';
import { Rollouts } from '../../src/guardian/autopilot/rollouts.js';
import { EscalationService } from '../../src/guardian/process/escalation-service.js';
import { OverrideService } from '../../src/guardian/process/override-service.js';
import { SupersededQuestions } from '../../src/guardian/process/superseded-questions.js';
import { DecisionStore } from '../../src/guardian/store/decision-store.js';
import { EngineHost } from '../../src/inference/index.js';
import { RemovalDesk } from '../../src/learning/removal/removal-desk.js';
import type { RemovalRow } from '../../src/learning/removal/removal-row.js';
import { RemovalSteps } from '../../src/learning/removal/removal-steps.js';
import { RemovalStore } from '../../src/learning/removal/removal-store.js';
import { GOLDEN } from '../support/autonomy.js';
import { createTestDatabase, testConfig, until } from '../support/index.js';

/** The only name whose releases are measured; what they are here is the golden model. */
const MODEL = 'genesis';
const ENDED = ['released', 'superseded', 'failed'];
const WORK = { signal: new AbortController().signal, progress: () => undefined };
const FIGURES = { fall: -0.01, low: -0.02, high: 0, base: 1, candidate: 1.01 };
const EFFECT = JSON.stringify({ figures: { overall: FIGURES, domains: {} }, worse: [] });

let app: INestApplicationContext;
let drop: () => Promise<void>;

beforeAll(async () => {
  Logger.overrideLogger(false);
  const database = await createTestDatabase();
  drop = () => database.drop();
  const config = testConfig({ taskWorkers: 0, autopilotSeconds: 0 });
  app = await NestFactory.createApplicationContext(
    AppModule.forRoot(config, externalDatabase(database.url)),
    { logger: false, abortOnError: false },
  );
  unwrap(await app.get(Importer).import(GOLDEN, { name: MODEL, dtype: 'q8' }));
  // Whether the engine can load them is for test/e2e/opt-out.test.ts.
  jest.spyOn(app.get(EngineHost), 'use').mockImplementation(() => Promise.resolve(ok() as never));
});
afterAll(async () => {
  await app?.close();
  await drop?.();
});

const find = async (id: string) => unwrap(await app.get(RemovalStore).one(id));
const live = async () => (await app.get(ParameterIndex).live(MODEL))!;

async function asked(...experts: string[]): Promise<{ row: RemovalRow; created: boolean }> {
  const asker = { account: 'ada', mayAll: true };
  return unwrap(await app.get(RemovalDesk).ask(asker, { model: MODEL, experts, reason: 'because' }));
}

/** As if it had been measured. */
async function measured(...experts: string[]): Promise<string> {
  const { row } = await asked(...experts);
  await app
    .get(DataSource)
    .query(`UPDATE learning_removals SET state = 'measured', effect = $2 WHERE id = $1`, [row.id, EFFECT]);
  return row.id;
}

/** Step after step, until it has ended or waits. */
async function advance(id: string): Promise<RemovalRow> {
  for (;;) {
    const row = await find(id);
    if (ENDED.includes(row.state)) return row;
    if (unwrap(await app.get(RemovalSteps).step(row, WORK)) !== 'next') return find(id);
  }
}

async function answer(decision: string | null, approved: boolean) {
  const question = await app.get(DecisionStore).escalationOf(String(decision));
  const said = { approved, reason: approved ? 'it is their right' : 'too much is lost', amended: null };
  return unwrap(await app.get(EscalationService).answer(String(question?.id), said, 'ada'));
}

describe('a removal that was measured', () => {
  it('waits, ends when a guardian says no, and is another question when it is asked again', async () => {
    const before = await live();
    const id = await measured('layer0.expert0');
    const waiting = await advance(id);
    expect(waiting).toMatchObject({ state: 'measured', decision: expect.stringMatching(/^decision_/) });
    expect((await asked('layer0.expert0')).created).toBe(false);
    await answer(waiting.decision, false);
    expect(await advance(id)).toMatchObject({
      ...{ state: 'failed', code: 'REMOVAL_DECLINED', decision: waiting.decision },
      detail: expect.stringContaining('too much is lost'),
    });
    expect(await app.get(RemovalStore).open(MODEL, app.get(DataSource).manager)).toBe(0);
    expect((await live()).release).toBe(before.release);
    const again = await measured('layer0.expert0');
    expect(again).not.toBe(id);
    const anew = await advance(again);
    expect(anew).toMatchObject({ state: 'measured', release: waiting.release });
    expect(anew.decision).not.toBe(waiting.decision);
    await answer(anew.decision, false);
    await advance(again);
  });

  it('ends when nobody answers in time', async () => {
    const id = await measured('layer0.expert1');
    const { decision } = await advance(id);
    await app
      .get(DataSource)
      .query(`UPDATE escalations SET expires_at = now() - interval '1 second' WHERE decision_id = $1`, [
        decision,
      ]);
    await app.get(EscalationService).expire();
    expect(await advance(id)).toMatchObject({
      ...{ state: 'failed', code: 'REMOVAL_DECLINED', decision, detail: expect.stringContaining('expired') },
    });
  });

  it('is superseded by another one of the same release, which a late yes does not undo', async () => {
    const [first, second] = [await measured('layer0.expert2'), await measured('layer1.expert2')];
    const [one, other] = [await advance(first), await advance(second)];
    await answer(one.decision, true);
    expect(await advance(first)).toMatchObject({ state: 'released', release: (await live()).release });
    expect(await advance(second)).toMatchObject({ state: 'superseded', code: 'REMOVAL_SUPERSEDED' });
    const [decisions, id] = [app.get(DecisionStore), String(other.decision)];
    await until('the open question to be closed', async () => {
      return unwrap(await decisions.decision(id)).state === 'superseded';
    });
    const question = await decisions.escalationOf(id);
    expect(question).toMatchObject({
      ...{ state: 'withdrawn', answeredBy: null },
      reason: expect.stringMatching(/^superseded: RELEASE_BASE_MOVED: /),
    });
    expect(await app.get(SupersededQuestions).look()).toBe(0);
    expect(await app.get(SupersededQuestions).close(id, 'again', 'server')).toBe(false);
    const yes = { approved: true, reason: 'it is their right', amended: null };
    expect(await app.get(EscalationService).answer(String(question?.id), yes, 'ada')).toMatchObject({
      ...{ ok: false, error: { code: 'ESCALATION_ANSWERED', facts: { decided: 'withdrawn' } } },
    });
    expect((await live()).release).toBe(one.release);
    const overridden = { by: 'ada', reason: 'that one, then' };
    const order = { model: MODEL, version: String(other.version) };
    const ordered = unwrap(await app.get(OverrideService).order('promote', order, overridden));
    expect(ordered.state).toBe('succeeded');
    expect((await live()).release).toBe(other.release);
    // What others have made live since is neither taken back nor replaced with what was made before.
    const undone = await app.get(OverrideService).override(String(one.decision), 'undo', 'ada', 'no more');
    expect(unwrap(undone).state).toBe('undone');
    const terms = { base: String(one.release) };
    expect(await app.get(Promotion).promote(MODEL, '1.0.0', 'ada', terms)).toMatchObject({
      ...{ ok: false, error: { code: 'RELEASE_BASE_MOVED' } },
    });
    expect((await live()).release).toBe(other.release);
  });

  it('ends where it was taken back before anybody looked', async () => {
    const before = await live();
    const id = await measured('layer1.expert3');
    const { decision, release } = await advance(id);
    await answer(decision, true);
    expect((await live()).release).toBe(release);
    unwrap(await app.get(Promotion).promote(MODEL, before.version, 'ada'));
    expect(await advance(id)).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('taken back'),
    });
  });

  it('is released at once where asking was enough', async () => {
    const id = await measured('layer1.expert4');
    const door = jest.spyOn(app.get(PromotionDoor), 'ask');
    door.mockImplementation(async ({ model, version, actor, base }: PromotionAsk) => {
      const outcome = unwrap(await app.get(Promotion).promote(model, version, actor, { base }));
      return ok({ outcome, decision: { id: 'decision_1', state: 'succeeded', detail: null } });
    });
    const ended = await advance(id);
    door.mockRestore();
    expect(ended).toMatchObject({ state: 'released', decision: 'decision_1' });
  });
});

describe('a removal that comes to people by stages', () => {
  it('is over when it is withdrawn, begins again when it is asked for again, and ends with what it was made of', async () => {
    const door = app.get(PromotionDoor);
    const base = await live();
    const id = await measured('layer1.expert5');
    const { release, version } = await advance(id);
    const [model, overrides, rollouts] = [MODEL, app.get(OverrideService), app.get(Rollouts)];
    const begin = async (key: string) => {
      const ask = { model, version: String(version), base: base.release, actor: 'learning', mayOrder: false };
      const begun = unwrap(await door.ask({ ...ask, staged: true, key, why: 'by stages' }));
      return String(begun.decision?.id);
    };
    const standing = async (decision: string) => {
      const { over, state } = await door.standing({ model, release: String(release), decision });
      return [over, state];
    };
    const first = await begin('first');
    expect(await standing(first)).toEqual([false, 'waiting']);
    await answer(first, true);
    expect(await standing(first)).toEqual([false, 'succeeded']);
    unwrap(await overrides.order('withdraw', { model }, { by: 'ada', reason: 'no' }));
    expect(await standing(first)).toEqual([true, 'withdrawn']);
    expect(await begin('first')).toBe(first);
    const second = await begin('second');
    expect(rollouts.of(model)).toMatchObject({ step: 'shadow', asked: second, base: base.release });
    await answer(second, true);
    expect(await standing(second)).toEqual([false, 'succeeded']);

    unwrap(await app.get(Promotion).promote(MODEL, '1.0.0', 'ada'));
    unwrap(await overrides.order('withdraw', { model }, { by: 'ada', reason: 'no' }));
    await app.get(Autopilot).look();
    expect(rollouts.of(model)).toBeNull();
    expect(await standing(second)).toEqual([true, 'outdated']);
    expect(
      await door.ask({ model, version: '1.0.1', base: base.release, actor: 'x', mayOrder: false }),
    ).toMatchObject({
      ...{ ok: false, error: { code: 'RELEASE_BASE_MOVED', status: 409 } },
    });
  });
});
