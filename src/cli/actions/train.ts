import { mkdir, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { bytesToHex, CodedError, unwrap, type Json } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import {
  DocumentTree,
  encodeTrainedBlock,
  lossCurve,
  runTraining,
  trainingManifest,
  type RunOutcome,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { optionsOfRound } from './rounds/train-for-round.js';
import { beginTraining, takeUpTraining, type BegunTraining, type TrainOptions } from './begun-training.js';

/** Looks in a row without a better one after which a training ends. */
const PATIENCE = 8;

/** Trains experts of a model and writes their blocks, a manifest and the curve of the loss. */
export async function train(context: CommandContext, options: TrainOptions): Promise<void> {
  // Whoever answers requests beside it goes first. Threads inherit it, so it comes before them.
  setPriority(constants.priority.PRIORITY_LOW);
  const begun = await beginOrTakeUp(context, options);
  try {
    const outcome = await runWithBar(context, begun, options.minutes * 60_000);
    const files = await writeResults(begun, outcome);
    printOutcome(context, outcome, begun.data.examples.tooLong, files);
  } finally {
    await begun.job.stop();
  }
}

async function beginOrTakeUp(context: CommandContext, options: TrainOptions): Promise<BegunTraining> {
  const { data, experts, resume, round } = options;
  if (round !== undefined && data !== undefined && experts === undefined && resume === undefined)
    return beginTraining(context, { ...(await optionsOfRound(context, round, options)), data });
  if (resume !== undefined && round === undefined && data === undefined && experts === undefined)
    return takeUpTraining(context, resume, options);
  if (resume === undefined && round === undefined && data !== undefined && experts !== undefined)
    return beginTraining(context, { ...options, data, experts });
  const message =
    'name --data and --experts to begin a training, --data and --round for one of a round, or --resume alone to take one up';
  throw new CodedError('TRAINING_OPTIONS', message);
}

/** Ctrl-C once ends the training and keeps what is best so far. */
async function runWithBar(
  context: CommandContext,
  { job: { trainer, plan }, data, folder, from }: BegunTraining,
  milliseconds: number,
): Promise<RunOutcome> {
  const { steps } = plan.schedule;
  const bar = context.progress('training', steps);
  let stopped = false;
  const stop = () => (stopped = true);
  process.once('SIGINT', stop);
  let checked = NaN;
  try {
    const { checkEvery, keepEvery } = folder.record;
    const limits = { steps, milliseconds, checkEvery, keepEvery, patience: PATIENCE };
    const hooks = {
      now: () => performance.now(),
      onStep: ({ step, loss }: { step: number; loss: number }) =>
        bar.update(step + 1, `loss ${loss.toFixed(3)}, unseen ${checked.toFixed(3)}`),
      onCheck: ({ loss }: { loss: number }) => (checked = loss),
      onKeep: folder.keep.bind(folder),
      pause: () => setImmediate(stopped).then(() => stopped),
    };
    return unwrap(await runTraining(trainer, data.examples.unseen, limits, hooks, from?.progress));
  } finally {
    bar.stop();
    process.off('SIGINT', stop);
  }
}

async function writeResults(begun: BegunTraining, outcome: RunOutcome): Promise<string[]> {
  const { model, job, data, out, initial, folder } = begun;
  const { trainer, plan } = job;
  await mkdir(out, { recursive: true });
  const blocks = plan.blocks.map((name) => {
    const block = encodeTrainedBlock(model, name, (of, tensor) => trainer.values(of, tensor));
    return { block, hash: nativeSha256Hex(block.payload), file: `${name}.tensorblock` };
  });
  for (const { block, file } of blocks) await writeFile(join(out, file), block.payload);
  const { kernel, datasets, keepEvery } = folder.record;
  const { learnt, unseen } = data.examples;
  const facts = {
    ...{ hash: data.hash, bytes: data.bytes, learnt: learnt.length, unseen: unseen.length },
    root: bytesToHex(DocumentTree.over(learnt, nativeSha256).root),
    datasets,
  };
  const parts = { model, plan, kernel, data: facts, initial, checkpointEvery: keepEvery, blocks, outcome };
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(trainingManifest(parts), null, 1)}\n`);
  const title = `${model.model}@${model.version}: ${plan.blocks.join(', ')}`;
  await writeFile(join(out, 'loss.svg'), lossCurve(title, outcome.steps, outcome.checks));
  return [...blocks.map(({ file }) => file), 'manifest.json', 'loss.svg'].map((file) => join(out, file));
}

const ENDS = {
  schedule: 'all updates were made',
  time: 'the time was over',
  'no better': 'unseen examples got no better',
  stopped: 'it was stopped',
} as const;

function printOutcome(
  context: CommandContext,
  { end, steps, checks, best }: RunOutcome,
  tooLong: number,
  files: readonly string[],
): void {
  const before = checks[0].loss;
  const change = ((best.loss / before - 1) * 100).toFixed(1);
  const lines = [
    `${steps.length} updates (${ENDS[end]}); best after ${best.step}`,
    `loss on examples that were not learnt: ${before.toFixed(4)} -> ${best.loss.toFixed(4)} (${change} %)`,
    ...(tooLong > 0 ? [`${tooLong} examples were longer than the model's context and left out`] : []),
    `written: ${files.join(', ')}`,
  ];
  const value = {
    end,
    updates: steps.length,
    best: { ...best },
    before,
    too_long: tooLong,
    files: [...files],
  };
  context.print(value as Json, lines.join('\n'));
}
