import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { CodedError, unwrap } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import {
  checkBlocks,
  growModel,
  initialLink,
  keepEveryOfPlan,
  openJob,
  placesOf,
  RUN_SETTINGS,
  startJob,
  TrainingFolder,
  trainingKernelPath,
  type KeptRun,
  type Pace,
  type ReleaseModel,
  type TrainingJob,
  withoutRest,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { enterIdleClass, type Priority } from '../priority.js';
import { readTrainingData, readTrainingModel, type TrainingData } from './training-material.js';

/** What `stemma train` is told. */
export interface TrainOptions {
  readonly data?: string;
  readonly experts?: string[];
  /** Layers or places that get a new expert each. */
  readonly newExpert?: string[];
  /** What these begin as, in the same order. */
  readonly from?: string[];
  readonly resume?: string;
  /** A round whose terms say what is trained and how. */
  readonly round?: string;
  readonly datasets: string[];
  readonly model: string;
  readonly server?: string;
  readonly minutes: number;
  readonly steps?: number;
  readonly learningRate: number;
  readonly batchTokens: number;
  readonly seed: string;
  readonly threads?: number;
  readonly priority: Priority;
  readonly out: string;
}

/** A training that is ready to go on, from its beginning or from where it was left. */
export interface BegunTraining {
  readonly model: ReleaseModel;
  readonly data: TrainingData;
  readonly job: TrainingJob;
  readonly folder: TrainingFolder;
  /** Path of the folder. */
  readonly out: string;
  /** Null at the beginning. */
  readonly from: KeptRun | null;
  /** Link of the state before the first update. */
  readonly initial: string;
}

const { checkEvery: CHECK_EVERY } = RUN_SETTINGS;

/** Begins a training that was asked for. Throws what its parts refuse. @param pace null where it never rests */
export async function beginTraining(
  context: CommandContext,
  options: TrainOptions & { readonly data: string },
  pace: Pace | null,
): Promise<BegunTraining> {
  const { server = null, out, experts = [] } = options;
  const base = await readTrainingModel(context, options.model, server);
  unwrap(checkBlocks(base, experts));
  const data = await readTrainingData(options.data, base);
  const newExperts = unwrap(placesOf(base, options, data.examples));
  const model = unwrap(growModel(base, newExperts));
  const wish = {
    ...options,
    ...{ experts, newExperts },
    steps: options.steps ?? null,
    milliseconds: options.minutes * 60_000,
    threads: threadsOf(options),
  };
  takeIdleClass(options);
  // How long others will want the processors is not known by how long they do now: updates are timed without rests.
  const now = () => performance.now() - (pace?.rested ?? 0);
  const job = unwrap(await startJob(model, data.examples, wish, now, pace?.carryOut ?? withoutRest));
  return orStop(job, async () => {
    const { plan } = job;
    const folder = await TrainingFolder.create(out, {
      ...{ model: `${model.model}@${model.version}`, release: model.release, server },
      ...{ kernel: await kernelHash(), data: { path: resolve(options.data), hash: data.hash } },
      ...{ datasets: options.datasets, plan, checkEvery: CHECK_EVERY },
      keepEvery: keepEveryOfPlan(model.config, plan),
    });
    return { model, data, job, folder, out, from: null, initial: initialLink(model, job, nativeSha256) };
  });
}

/** What an opened training is told. */
type OpenOptions = Pick<TrainOptions, 'threads' | 'server'> & Partial<Pick<TrainOptions, 'priority'>>;

/** Opens a training that was begun, in its initial state: for going on with it, or for showing parts of it. */
export async function openTraining(
  context: CommandContext,
  out: string,
  options: OpenOptions,
): Promise<BegunTraining> {
  const folder = unwrap(await TrainingFolder.open(out));
  const { record } = folder;
  const base = await readTrainingModel(context, record.model, options.server ?? record.server);
  const model = unwrap(growModel(base, record.plan.newExperts ?? []));
  const data = await readTrainingData(record.data.path, model);
  const other =
    (model.release !== record.release && `${record.model} is another release now`) ||
    (data.hash !== record.data.hash && `${record.data.path} has changed`) ||
    ((await kernelHash()) !== record.kernel && 'the training kernel is another one');
  if (other !== false)
    throw new CodedError('TRAINING_CHANGED', `this training cannot go on: ${other}`, { folder: out });
  takeIdleClass(options);
  const job = openJob(model, data.examples, record.plan, threadsOf(options));
  return { model, data, job, folder, out, from: null, initial: initialLink(model, job, nativeSha256) };
}

/** Takes a training up from the newest state that is whole, or from its beginning. */
export async function takeUpTraining(
  context: CommandContext,
  out: string,
  options: OpenOptions,
): Promise<BegunTraining> {
  const begun = await openTraining(context, out, options);
  return orStop(begun.job, async () => {
    const from = await begun.folder.takeUp();
    if (from !== null) begun.job.trainer.restore(from.state);
    return { ...begun, from };
  });
}

/** SHA-256 of the training kernel of this installation. */
export async function kernelHash(): Promise<string> {
  return nativeSha256Hex(await readFile(trainingKernelPath()));
}

/** Not before everything is read: a database that this process starts for that must not starve. */
function takeIdleClass({ priority }: OpenOptions): void {
  if (priority === 'idle') enterIdleClass();
}

/** How many threads compute. */
export function threadsOf({ threads }: Pick<TrainOptions, 'threads'>): number {
  return threads ?? availableParallelism();
}

/** Threads of a job would keep the process alive. */
async function orStop<T>(job: TrainingJob, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    await job.stop();
    throw thrown;
  }
}
