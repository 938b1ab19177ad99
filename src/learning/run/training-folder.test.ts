import { mkdtemp, readFile, rm, truncate, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { createTrainingKernel, lookUp, valuesOf } from '../../../test/support/training.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import type { TokenSequence } from '../trainer/batch.js';
import { Trainer } from '../trainer/trainer.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import type { RunRecord } from './run-record.js';
import { TrainingFolder } from './training-folder.js';
import { runTraining, type RunHooks, type RunOutcome } from './training-run.js';

const STEPS = 14;
const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 2, vocabSize: 40 });
const values = valuesOf(randomModel(config, 'f32', 5));
const documents: TokenSequence[] = Array.from({ length: 24 }, (_, e) => ({
  ids: Array.from({ length: 6 + (e % 5) }, (_, i) => (e * 5 + i * (1 + (e % 2))) % 40),
  firstTarget: 1,
}));
const [unseen, learnt] = [documents.slice(0, 4), documents.slice(4)];
const plan: TrainingPlan = {
  blocks: ['layer1.expert0'],
  ...{ seed: 's', batchTokens: 40, microBatchTokens: 40, balance: 0 },
  schedule: { peak: 0.02, floor: 0.1, warmUp: 2, steps: STEPS },
  adam: ADAM_DEFAULTS,
};
const record: RunRecord = {
  ...{ model: 'small@1.0.0', release: '1'.repeat(64), server: null, kernel: '2'.repeat(64) },
  ...{ data: { path: '/data.jsonl', hash: '3'.repeat(64) }, datasets: [], plan },
  ...{ checkEvery: 2, keepEvery: 4 },
};

function createTrainer(): Trainer {
  const parts = { kernel: createTrainingKernel(), config, valuesOf: lookUp(values), sha256: nativeSha256 };
  return new Trainer({ ...parts, prefixBytes: 1 << 20 }, plan, learnt);
}

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-training-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Runs until so many updates are made, then dies: nothing of its end is written. */
async function run(kept: TrainingFolder, until: number, takeUp = false): Promise<RunOutcome> {
  const trainer = createTrainer();
  const from = takeUp ? await kept.takeUp() : null;
  if (from !== null) trainer.restore(from.state);
  const hooks: RunHooks = {
    ...{ now: () => 0, onStep: () => undefined, onCheck: () => undefined },
    onKeep: (progress, state) => kept.keep(progress, state),
    pause: () => Promise.resolve(trainer.steps >= until),
  };
  const limits = { steps: STEPS, milliseconds: Infinity, checkEvery: 2, patience: 100, keepEvery: 4 };
  return unwrap(await runTraining(trainer, unseen, limits, hooks, from?.progress));
}

describe('the folder of a training', () => {
  it.each([3, 4, 7, 11])(
    'takes a training up that ended after %p updates, as if it had not',
    async (until) => {
      const whole = await run(await TrainingFolder.create(folder, record), STEPS);
      await run(await TrainingFolder.create(folder, record), until);
      const again = await run(unwrap(await TrainingFolder.open(folder)), STEPS, true);
      expect(again).toEqual(whole);
      expect(whole.steps).toHaveLength(STEPS);
    },
  );

  it('goes back to the state before a damaged one, and past a line that was cut', async () => {
    const whole = await run(await TrainingFolder.create(folder, record), STEPS);
    await run(await TrainingFolder.create(folder, record), 9);
    await truncate(join(folder, 'states', '8.state'), 100);
    await appendFile(join(folder, 'journal.jsonl'), '{"step":{"st');
    const kept = unwrap(await TrainingFolder.open(folder));
    expect((await kept.takeUp())?.state.step).toBe(4);
    expect(await run(kept, STEPS, true)).toEqual(whole);
  });

  it('keeps the best state beside the newest, and takes no point up without it', async () => {
    const kept = await TrainingFolder.create(folder, record);
    const trainer = createTrainer();
    const steps = Array.from({ length: 2 }, () => unwrap(trainer.step()));
    const best = { check: { step: 2, loss: 1 }, state: trainer.state() };
    steps.push(...Array.from({ length: 2 }, () => unwrap(trainer.step())));
    const progress = { steps, checks: [{ step: 0, loss: 3 }, best.check, { step: 4, loss: 2 }], best };
    await kept.keep(progress, trainer.state());
    const opened = unwrap(await TrainingFolder.open(folder));
    expect(await opened.takeUp()).toEqual({ progress, state: trainer.state() });
    await truncate(join(folder, 'states', '2.state'), 100);
    expect(await opened.takeUp()).toBeNull();
  });

  it('begins anew where nothing whole was kept', async () => {
    await run(await TrainingFolder.create(folder, record), 3);
    const kept = unwrap(await TrainingFolder.open(folder));
    expect(await kept.takeUp()).toBeNull();
    expect(await readFile(join(folder, 'journal.jsonl'), 'utf8')).toBe('');
  });

  it('finds the newest state at or before an update', async () => {
    const kept = await TrainingFolder.create(folder, record);
    const { steps } = await run(kept, STEPS);
    const found = await kept.stateBefore(11);
    expect(found?.step).toBeLessThanOrEqual(11);
    expect(found?.step).toBeGreaterThanOrEqual(8);
    expect(found?.hash).toBe(steps[(found?.step ?? 0) - 1].hash);
  });

  it('reads back what it was begun with, and refuses what is no such folder', async () => {
    await TrainingFolder.create(folder, record);
    expect(unwrap(await TrainingFolder.open(folder)).record).toEqual(record);
    for (const text of ['{}', 'no json', '[]']) {
      await writeFile(join(folder, 'run.json'), text);
      expect(await TrainingFolder.open(folder)).toMatchObject({ error: { code: 'TRAINING_FOLDER' } });
    }
  });
});
