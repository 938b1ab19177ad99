import { availableParallelism, constants, setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { CodedError, concatBytes, unwrap, utf8ToBytes, type Json } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { readArchitecture, writeSafetensors, type Architecture } from '../../experts/index.js';
import {
  ExampleEncoder,
  generatedExamples,
  lossCurve,
  openPretraining,
  PretrainingFolder,
  pretrainingPlan,
  runPretraining,
  type GeneratedExamples,
  type PretrainingOutcome,
  type PretrainingRecord,
  type Trainer,
  type TrainingJob,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { kernelHash } from './begun-training.js';

/** What `stemma pretrain` is told. */
export interface PretrainOptions {
  readonly architecture?: string;
  readonly resume?: string;
  readonly tokens: number;
  readonly batchTokens: number;
  readonly learningRate: number;
  readonly seed: string;
  readonly minutes?: number;
  readonly threads?: number;
  readonly out: string;
}

/** Updates between two looks at unseen examples. */
const CHECK_EVERY = 50;
const KEEP_MS = 120_000;

/** Trains a whole model from nothing and writes a checkpoint that `stemma import` takes. */
export async function pretrain(
  context: CommandContext,
  options: PretrainOptions,
  command: Command,
): Promise<void> {
  // Whoever answers requests beside it goes first. Threads inherit it, so it comes before them.
  setPriority(constants.priority.PRIORITY_LOW);
  refuseIgnored(options, command);
  const source = options.resume ?? options.architecture ?? join(packageRoot(), 'models', 'genesis');
  const architecture = unwrap(await readArchitecture(source));
  const begun =
    options.resume === undefined ? null : unwrap(await PretrainingFolder.open(resolve(options.resume)));
  const { seed, tokens } = begun?.record ?? options;
  const examples = drawExamples(context, architecture, seed, tokens);
  const plan = begun?.record.plan ?? pretrainingPlan(architecture.config, options);
  const record = {
    ...{ seed, tokens, plan, examples: examples.hash },
    ...{ architecture: hashOf(architecture), kernel: await kernelHash() },
  };
  if (begun !== null) checkUnchanged(begun.record, record);
  const threads = options.threads ?? availableParallelism();
  const job = openPretraining(architecture.config, examples, record, threads);
  try {
    // Last, so that what is refused before leaves nothing behind.
    const folder =
      begun ?? unwrap(await PretrainingFolder.create(resolve(options.out), record, architecture.files));
    const outcome = await runWithBar(context, job, folder, examples.unseen, options);
    await writeResults(folder, architecture, job.trainer, outcome);
    printOutcome(context, folder.path, outcome);
  } finally {
    await job.stop();
  }
}

/** Options that only a new training listens to. */
const OF_A_BEGINNING = ['architecture', 'tokens', 'batchTokens', 'learningRate', 'seed', 'out'];

function refuseIgnored({ resume }: PretrainOptions, command: Command): void {
  const given = OF_A_BEGINNING.find((name) => command.getOptionValueSource(name) === 'cli');
  if (resume === undefined || given === undefined) return;
  const message = `${given} belongs to a new training; --resume goes on with what one was begun with`;
  throw new CodedError('TRAINING_OPTIONS', message, { option: given });
}

function drawExamples(
  context: CommandContext,
  { tokenizer, config }: Architecture,
  seed: string,
  tokens: number,
): GeneratedExamples {
  const encoder = unwrap(ExampleEncoder.create(tokenizer));
  const bar = context.progress('drawing examples', tokens);
  try {
    const wanted = { seed, tokens, context: config.maxPositions, vocabSize: config.vocabSize };
    return unwrap(generatedExamples(encoder, wanted, (found) => bar.update(found)));
  } finally {
    bar.stop();
  }
}

/** `TRAINING_CHANGED` where something is not as it was that the weights follow from. */
function checkUnchanged(begun: PretrainingRecord, now: PretrainingRecord): void {
  const other =
    (begun.architecture !== now.architecture && 'the architecture has changed') ||
    (begun.examples !== now.examples && 'the same seed gives other examples now') ||
    (begun.kernel !== now.kernel && 'the training kernel is another one');
  if (other === false) return;
  throw new CodedError('TRAINING_CHANGED', `this training cannot go on: ${other}`, {});
}

function hashOf({ files }: Architecture): string {
  const parts = files.map(({ name, content }) => utf8ToBytes(`${name} ${nativeSha256Hex(content)}\n`));
  return nativeSha256Hex(concatBytes(...parts));
}

/** Ctrl-C once ends it after the update it is at; what it has learnt is kept. */
async function runWithBar(
  context: CommandContext,
  { trainer, plan: { schedule } }: TrainingJob,
  folder: PretrainingFolder,
  unseen: Parameters<typeof runPretraining>[1],
  { minutes = Infinity }: PretrainOptions,
): Promise<PretrainingOutcome> {
  const kept = unwrap(await folder.takeUp());
  if (kept !== null) trainer.restore(kept.state);
  const bar = context.progress('training', schedule.steps);
  let [stopped, checked] = [false, kept?.journal.checks.at(-1)?.loss ?? NaN];
  const stop = () => (stopped = true);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const limits = {
      ...{ steps: schedule.steps, milliseconds: minutes * 60_000 },
      ...{ checkEvery: CHECK_EVERY, keepMilliseconds: KEEP_MS },
    };
    const hooks = {
      now: () => performance.now(),
      onStep: ({ step, loss }: { step: number; loss: number }) =>
        bar.update(step + 1, `loss ${loss.toFixed(3)}, unseen ${checked.toFixed(3)}`),
      onCheck: ({ loss }: { loss: number }) => (checked = loss),
      onKeep: folder.keep.bind(folder),
      pause: () => setImmediate(stopped).then(() => stopped),
    };
    return unwrap(await runPretraining(trainer, unseen, limits, hooks, kept?.journal));
  } finally {
    bar.stop();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function writeResults(
  folder: PretrainingFolder,
  { tensors }: Architecture,
  trainer: Trainer,
  { steps, checks }: PretrainingOutcome,
): Promise<void> {
  const half = join(folder.path, 'model.safetensors.part');
  await writeSafetensors(
    half,
    tensors.map(({ block, name, origin, rows, columns, use }) => ({
      ...{ name: origin, shape: use === 'vector' && rows === 1 ? [columns] : [rows, columns] },
      values: () => trainer.values(block, name),
    })),
  );
  await folder.write('model.safetensors', { path: half });
  await folder.write('loss.svg', utf8ToBytes(lossCurve('from nothing', steps, checks)));
}

function printOutcome(context: CommandContext, path: string, outcome: PretrainingOutcome): void {
  const { end, steps, checks } = outcome;
  const [before, after] = [checks[0].loss, checks[checks.length - 1].loss];
  const hash = steps.at(-1)?.hash ?? null;
  const lines = [
    `${steps.length} updates${end === 'schedule' ? '' : `; go on with --resume ${path}`}`,
    `loss on examples that are never learnt: ${before.toFixed(4)} -> ${after.toFixed(4)}`,
    ...(hash === null ? [] : [`the same bits everywhere: ${hash}`]),
    `written: ${path} (npx stemma import ${path} --name mine)`,
  ];
  const value = { end, updates: steps.length, before, after, hash, folder: path };
  context.print(value satisfies Json, lines.join('\n'));
}
