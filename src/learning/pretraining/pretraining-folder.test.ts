import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallConfig } from '../../../test/support/engine.js';
import { createTrainingKernel } from '../../../test/support/training.js';
import { unwrap } from '../../common/index.js';
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
  ...{
    seed: 's',
    tokens: 400,
    examples: '3'.repeat(64),
    architecture: '1'.repeat(64),
    kernel: '2'.repeat(64),
    plan,
  },
};

let path: string;
beforeEach(async () => (path = await mkdtemp(join(tmpdir(), 'stemma-pretraining-'))));
afterEach(() => rm(path, { recursive: true }));

/** Runs to an update and ends there. Every update takes a second, and states are kept every three. */
async function run(
  folder: PretrainingFolder,
  until: number,
): Promise<{ outcome: PretrainingOutcome; hash: string; made: number }> {
  const valuesOf = initialWeights(config, record.seed, nativeSha256);
  const parts = { kernel: createTrainingKernel(), config, valuesOf, sha256: nativeSha256, prefixBytes: 0 };
  const trainer = new Trainer(parts, plan, learnt);
  let made = 0;
  const kept = unwrap(await folder.takeUp());
  if (kept !== null) trainer.restore(kept.state);
  const hooks = {
    ...{ now: () => trainer.steps * 1000, onStep: () => made++, onCheck: () => undefined },
    onKeep: folder.keep.bind(folder),
    pause: () => Promise.resolve(trainer.steps >= until),
  };
  const { steps } = plan.schedule;
  const limits = { steps, milliseconds: Infinity, checkEvery: 4, keepMilliseconds: 3000 };
  const outcome = unwrap(await runPretraining(trainer, unseen, limits, hooks, kept?.journal));
  return { outcome, hash: trainer.state().hash, made };
}

let folders = 0;
const begin = async () => {
  const fresh = join(path, String(folders++));
  return { fresh, folder: unwrap(await PretrainingFolder.create(fresh, record, [])) };
};
const reopen = async (folder: string) => unwrap(await PretrainingFolder.open(folder));

/** What a training came to that was never stopped. */
async function whole() {
  const { outcome, hash } = await run((await begin()).folder, Infinity);
  return { outcome, hash };
}

describe('a training from nothing', () => {
  it('learns', async () => {
    const { end, steps, checks } = (await whole()).outcome;
    expect([end, steps.length, plan.schedule.steps]).toEqual(['schedule', 10, 10]);
    expect(checks.map(({ step }) => step)).toEqual([0, 4, 8, 10]);
    expect(checks[3].loss).toBeLessThan(checks[0].loss);
  });

  it('goes on where it was stopped, and ends with the same bits and looks', async () => {
    const { fresh, folder } = await begin();
    const first = await run(folder, 5);
    expect([first.outcome.end, first.outcome.steps.length]).toEqual(['stopped', 5]);
    expect(await run(await reopen(fresh), Infinity)).toEqual({ ...(await whole()), made: 5 });
    expect(await run(await reopen(fresh), Infinity)).toEqual({ ...(await whole()), made: 0 });
  });

  it('forgets what was done after the state that was kept', async () => {
    const { fresh, folder } = await begin();
    await run(folder, 6);
    const state = await readFile(join(fresh, 'latest.state'));
    await run(await reopen(fresh), 9);
    await writeFile(join(fresh, 'latest.state'), state);
    await appendFile(join(fresh, 'journal.jsonl'), '{"step":{"st');
    expect(await run(await reopen(fresh), Infinity)).toEqual({ ...(await whole()), made: 4 });
  });

  it('begins anew where nothing was kept', async () => {
    const { fresh } = await begin();
    expect(await run(await reopen(fresh), Infinity)).toEqual({ ...(await whole()), made: 10 });
  });

  it.each([
    ['a state', 'latest.state', 100],
    ['a journal', 'journal.jsonl', 700],
  ])('does not begin anew over %s that is damaged', async (_what, name, length) => {
    const { fresh, folder } = await begin();
    await run(folder, 7);
    await truncate(join(fresh, name), length);
    const before = await readFile(join(fresh, name));
    expect(await (await reopen(fresh)).takeUp()).toMatchObject({ error: { code: 'TRAINING_STATE' } });
    expect(await readFile(join(fresh, name))).toEqual(before);
  });

  it('is found only where one was begun, and begun only where nothing is', async () => {
    const refusal = { error: { code: 'TRAINING_FOLDER' } };
    expect(await PretrainingFolder.open(path)).toMatchObject(refusal);
    const { fresh } = await begin();
    expect(await PretrainingFolder.create(fresh, record, [])).toMatchObject(refusal);
    const json = JSON.parse(await readFile(join(fresh, 'pretraining.json'), 'utf8')) as object;
    await writeFile(join(fresh, 'pretraining.json'), JSON.stringify({ ...json, plan: {} }));
    expect(await PretrainingFolder.open(fresh)).toMatchObject(refusal);
  });
});
