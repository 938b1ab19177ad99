import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallConfig } from '../../../test/support/engine.js';
import { createTrainingKernel } from '../../../test/support/training.js';
import { unwrap, utf8ToBytes } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { TokenSequence } from '../trainer/batch.js';
import { Trainer } from '../trainer/trainer.js';
import { initialWeights } from './initial-weights.js';
import { PretrainingFolder } from './pretraining-folder.js';
import { pretrainingPlan } from './pretraining-job.js';
import { runPretraining, type PretrainingOutcome } from './run-pretraining.js';

const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 2, vocabSize: 40 });
const documents: TokenSequence[] = Array.from({ length: 24 }, (_, e) => ({
  ids: Array.from({ length: 6 + (e % 5) }, (_, i) => (e * 5 + i * (1 + (e % 2))) % 40),
  firstTarget: 1,
}));
const [unseen, learnt] = [documents.slice(0, 4), documents.slice(4)];
const plan = pretrainingPlan(config, { seed: 's', tokens: 400, batchTokens: 40, learningRate: 0.01 });
const record = {
  ...{ seed: 's', tokens: 400, architecture: '1'.repeat(64), kernel: '2'.repeat(64), plan },
};

let path: string;
beforeEach(async () => (path = await mkdtemp(join(tmpdir(), 'stemma-pretraining-'))));
afterEach(() => rm(path, { recursive: true }));

/** Runs to an update and ends there. Every update takes a second, and states are kept every three. */
async function run(folder: PretrainingFolder, until: number): Promise<PretrainingOutcome & { hash: string }> {
  const valuesOf = initialWeights(config, record.seed, nativeSha256);
  const parts = { kernel: createTrainingKernel(), config, valuesOf, sha256: nativeSha256, prefixBytes: 0 };
  const trainer = new Trainer(parts, plan, learnt);
  const kept = await folder.takeUp();
  if (kept !== null) trainer.restore(kept.state);
  const hooks = {
    ...{ now: () => trainer.steps * 1000, onStep: () => undefined, onCheck: () => undefined },
    onKeep: folder.keep.bind(folder),
    pause: () => Promise.resolve(trainer.steps >= until),
  };
  const { steps } = plan.schedule;
  const limits = { steps, milliseconds: Infinity, checkEvery: 4, keepMilliseconds: 3000 };
  const outcome = unwrap(await runPretraining(trainer, unseen, limits, hooks, kept?.journal));
  return { ...outcome, hash: trainer.state().hash };
}

const begin = () => PretrainingFolder.create(path, record, []);
const reopen = async () => unwrap(await PretrainingFolder.open(path));

describe('a training from nothing', () => {
  it('learns', async () => {
    const { end, steps, checks } = await run(await begin(), Infinity);
    expect([end, steps.length, plan.schedule.steps]).toEqual(['schedule', 10, 10]);
    expect(checks.map(({ step }) => step)).toEqual([0, 4, 8, 10]);
    expect(checks[3].loss).toBeLessThan(checks[0].loss);
  });

  it('ends with the same bits and looks when it was stopped on the way', async () => {
    const whole = await run(await begin(), Infinity);
    await rm(join(path, 'latest.state'));
    const first = await run(await begin(), 5);
    expect([first.end, first.steps.length]).toEqual(['stopped', 5]);
    expect(await run(await reopen(), Infinity)).toEqual(whole);
  });

  it.each([
    ['a journal whose last line was cut', async () => truncate(join(path, 'journal.jsonl'), 700)],
    ['updates after the state', async () => appendFile(join(path, 'journal.jsonl'), '{"step":{"st')],
    ['a broken state', async () => writeFile(join(path, 'latest.state'), utf8ToBytes('STATE'))],
    ['no state', async () => rm(join(path, 'latest.state'))],
  ])('ends with the same bits after a crash that left %s', async (_what, harm) => {
    const whole = await run(await begin(), Infinity);
    await run(await begin(), 7);
    await harm();
    expect(await run(await reopen(), Infinity)).toEqual(whole);
  });

  it('is found only where one was begun', async () => {
    expect(await PretrainingFolder.open(path)).toMatchObject({ error: { code: 'TRAINING_FOLDER' } });
    await begin();
    const json = JSON.parse(await readFile(join(path, 'pretraining.json'), 'utf8')) as object;
    await writeFile(join(path, 'pretraining.json'), JSON.stringify({ ...json, plan: {} }));
    expect(await PretrainingFolder.open(path)).toMatchObject({ error: { code: 'TRAINING_FOLDER' } });
  });
});
