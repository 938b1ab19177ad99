import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CodedError, unwrap, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import {
  machinePace,
  RUN_SETTINGS,
  runTraining,
  trainingResult,
  type Pace,
  type RunOutcome,
} from '../../learning/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { lowerPriority } from '../priority.js';
import { optionsOfRound } from './rounds/train-for-round.js';
import {
  beginTraining,
  takeUpTraining,
  threadsOf,
  type BegunTraining,
  type TrainOptions,
} from './begun-training.js';

/** Trains experts of a model and writes their blocks, a manifest and the curve of the loss; false where it diverged, with what was best before. */
export async function train(context: CommandContext, options: TrainOptions): Promise<number> {
  lowerPriority(options.priority);
  const stop = new AbortController();
  const pace = options.priority === 'idle' ? machinePace(threadsOf(options), stop.signal) : null;
  const begun = await beginOrTakeUp(context, options, pace);
  try {
    const outcome = await runWithBar(context, begun, options.minutes * 60_000, pace, stop);
    const files = await writeResults(begun, outcome);
    printOutcome(context, outcome, {
      tooLong: begun.data.examples.tooLong,
      files,
      rested: pace?.rested ?? 0,
    });
    return outcome.end === 'diverged' ? EXIT.false : EXIT.done;
  } finally {
    await begun.job.stop();
  }
}

async function beginOrTakeUp(
  context: CommandContext,
  options: TrainOptions,
  pace: Pace | null,
): Promise<BegunTraining> {
  const { data, experts, newExpert, from, resume, round } = options;
  const given = { data, round, resume, what: experts ?? newExpert, ...(newExpert === undefined && { from }) };
  const members = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const asked = experts !== undefined && newExpert !== undefined ? 'both' : members.join();
  if (round !== undefined && data !== undefined && asked === 'data,round')
    return beginTraining(context, { ...(await optionsOfRound(context, round, options)), data }, pace);
  if (resume !== undefined && asked === 'resume') return takeUpTraining(context, resume, options);
  if (data !== undefined && asked === 'data,what') return beginTraining(context, { ...options, data }, pace);
  const message =
    'name --data and --experts (or --new-expert) to begin a training, --data and --round for one of a round, or --resume alone to take one up';
  throw new CodedError('TRAINING_OPTIONS', message);
}

/** Ctrl-C once ends the training and keeps what is best so far; from then on it does not rest. */
async function runWithBar(
  context: CommandContext,
  { job: { trainer, plan }, data, folder, from }: BegunTraining,
  milliseconds: number,
  pace: Pace | null,
  stop: AbortController,
): Promise<RunOutcome> {
  const { steps } = plan.schedule;
  const bar = context.progress('training', steps);
  const end = () => stop.abort();
  process.once('SIGINT', end);
  let [made, learnt, checked] = [from?.progress.steps.length ?? 0, NaN, NaN];
  const show = (rests: boolean) => {
    const waits = rests ? ', waits for answers and other programs' : '';
    bar.update(made, `loss ${shown(learnt)}, unseen ${shown(checked)}${waits}`);
  };
  if (pace !== null) pace.onRest = show;
  try {
    const { checkEvery, keepEvery } = folder.record;
    const limits = { steps, milliseconds, checkEvery, keepEvery, patience: RUN_SETTINGS.patience };
    const hooks = {
      now: () => performance.now(),
      onStep: ({ step, loss }: { step: number; loss: number }) => {
        [made, learnt] = [step + 1, loss];
        show(false);
      },
      onCheck: ({ loss }: { loss: number }) => (checked = loss),
      onKeep: folder.keep.bind(folder),
      pause: () => setImmediate().then(() => stop.signal.aborted),
      ...(pace !== null && { carryOut: pace.carryOut }),
    };
    return unwrap(await runTraining(trainer, data.examples.unseen, limits, hooks, from?.progress));
  } finally {
    bar.stop();
    process.off('SIGINT', end);
  }
}

/** A loss for the bar; there is none before the first update, or look. */
function shown(loss: number): string {
  return Number.isNaN(loss) ? '-' : loss.toFixed(3);
}

async function writeResults(begun: BegunTraining, outcome: RunOutcome): Promise<string[]> {
  const { out, folder } = begun;
  await mkdir(out, { recursive: true });
  const { kernel, datasets, keepEvery } = folder.record;
  const { files } = trainingResult({ ...begun, kernel, datasets, keepEvery, outcome }, nativeSha256);
  for (const [file, bytes] of files) await writeFile(join(out, file), bytes);
  return [...files.keys()].map((file) => join(out, file));
}

const ENDS = {
  schedule: 'all updates were made',
  time: 'the time was over',
  'no better': 'unseen examples got no better',
  stopped: 'it was stopped',
  diverged: 'it diverged',
} as const;

function printOutcome(
  context: CommandContext,
  { end, steps, checks, best, diverged }: RunOutcome,
  { tooLong, files, rested }: { tooLong: number; files: readonly string[]; rested: number },
): void {
  const before = checks[0].loss;
  const change = ((best.loss / before - 1) * 100).toFixed(1);
  const lines = [
    `${steps.length} updates (${ENDS[end]}); best after ${best.step}`,
    `loss on examples that were not learnt: ${before.toFixed(4)} -> ${best.loss.toFixed(4)} (${change} %)`,
    ...(diverged === undefined
      ? []
      : [`DIVERGED: ${diverged.message} [${diverged.code}]; what was best before is kept`]),
    ...(rested >= 1000 ? [`it waited ${Math.round(rested / 1000)} s for answers and other programs`] : []),
    ...(tooLong > 0 ? [`${tooLong} examples were longer than the model's context and left out`] : []),
    `written: ${files.join(', ')}`,
  ];
  const value = {
    end,
    updates: steps.length,
    ...(diverged !== undefined && { diverged: { code: diverged.code, message: diverged.message } }),
    best: { ...best },
    before,
    too_long: tooLong,
    rested_seconds: Number((rested / 1000).toFixed(3)),
    files: [...files],
  };
  context.print(value as Json, lines.join('\n'));
}
