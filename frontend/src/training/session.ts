import { CodedError } from '../../../src/common/errors.js';
import { bytesToHex, sha256Bytes } from '../../../src/common/hash.js';
import { unwrap } from '../../../src/common/result.js';
import { keepEveryOfPlan } from '../../../src/learning/run/keep-every.js';
import { RUN_SETTINGS } from '../../../src/learning/run/run-settings.js';
import {
  checkBlocks,
  longestOf,
  openJobOn,
  startJobOn,
  type KernelThreads,
  type TrainingJob,
} from '../../../src/learning/run/training-job.js';
import {
  initialLink,
  trainingResult,
  type TrainingResult,
} from '../../../src/learning/run/training-result.js';
import {
  runTraining,
  type RunHooks,
  type RunOutcome,
  type RunProgress,
} from '../../../src/learning/run/training-run.js';
import { readRelease, type ReleaseModel } from '../../../src/learning/source/release-model.js';
import { RemoteBlockAccess } from '../../../src/learning/source/remote-block-access.js';
import { trainedSizes } from '../../../src/learning/trainer/state-link.js';
import type { TrainerState } from '../../../src/learning/trainer/trainer.js';
import { Problem } from '../api/problem.js';
import { compileTraining, startThreads } from './browser-threads.js';
import type { FinishedSession } from './finished-session.js';
import { KeptStates, STATES_BYTES } from './kept-states.js';
import type { KeptBeginning, KeptTraining } from './kept-training.js';
import { Pace } from './pace.js';
import type { TrainerReport, TrainingRequest } from './protocol.js';
import { readTrainingData, type TrainingData } from './training-data.js';
import { TrainingKeeper } from './training-keeper.js';

/** Outputs of frozen layers that are kept; a browser has less room than a server. */
const PREFIX_BYTES = 1 << 28;
/** The page is told of updates this often at most, ms. */
const TELL_MS = 100;

/** A training before its next update. */
interface ReadyTraining {
  readonly model: ReleaseModel;
  readonly data: TrainingData;
  readonly job: TrainingJob;
  readonly beginning: KeptBeginning;
  readonly keeper: TrainingKeeper;
  /** What it is taken up from; null: it begins. */
  readonly from: KeptTraining | null;
}

/** Asks the server of this page; the token goes along where there is one. */
export function accessOf(token: string | null): RemoteBlockAccess {
  return new RemoteBlockAccess((path) => ask(path, token), sha256Bytes);
}

/** One training in this worker, from the download of the model to its files: the steps of `stemma train`, and the same bits. */
export class TrainingSession {
  readonly pace = new Pace(() => performance.now());
  private told = 0;
  private losses: number[] = [];

  constructor(private readonly tell: (report: TrainerReport) => void) {}

  /** Trains what is asked for. Throws what its parts refuse. @returns what can be handed in and shown later */
  async run(request: TrainingRequest, token: string | null): Promise<FinishedSession> {
    const model = await this.readModel(request.model, token);
    unwrap(checkBlocks(model, [request.expert]));
    const data = await this.readData(request, model);
    const { threads, kernel } = await this.startKernel(request, token, data);
    const { expert, learningRate, batchTokens, seed, steps, minutes } = request;
    const plan = { experts: [expert], learningRate, batchTokens, seed, steps };
    const wish = { ...plan, milliseconds: minutes * 60_000 };
    const ground = { threads, sha256: sha256Bytes, prefixBytes: PREFIX_BYTES };
    const job = unwrap(await startJobOn(ground, model, data.examples, wish, () => performance.now()));
    const beginning = {
      ...{ request, model: `${model.model}@${model.version}`, release: model.release },
      ...{ kernel, data: data.hash, plan: job.plan },
    };
    const keeper = await TrainingKeeper.begin(beginning, this.tell);
    return this.goOn({ model, data, job, beginning, keeper, from: null });
  }

  /**
   * Goes on with the training that this browser keeps, from its newest point or its beginning: `stemma train --resume`, and the same bits.
   * Throws as `run`, and `TRAINING_ELSEWHERE`, `TRAINING_FOLDER` where nothing is kept, `TRAINING_CHANGED`.
   */
  async takeUp(token: string | null): Promise<FinishedSession> {
    const { keeper, kept } = await TrainingKeeper.takeUp(this.tell);
    const { request } = kept;
    this.tell({ type: 'taken up', request });
    const model = await this.readModel(kept.model, token);
    const data = await this.readData(request, model);
    const { threads, kernel } = await this.startKernel(request, token, data);
    const other =
      (model.release !== kept.release && `${kept.model} is another release now`) ||
      (data.hash !== kept.data && 'the data have changed') ||
      (kernel !== kept.kernel && 'the training kernel is another one');
    if (other !== false) throw new CodedError('TRAINING_CHANGED', `this training cannot go on: ${other}`);
    const ground = { threads, sha256: sha256Bytes, prefixBytes: PREFIX_BYTES };
    const job = openJobOn(ground, model, data.examples, kept.plan);
    return this.goOn({ model, data, job, beginning: kept, keeper, from: kept });
  }

  private async goOn({ model, data, job, beginning, keeper, from }: ReadyTraining): Promise<FinishedSession> {
    const { plan, trainer } = job;
    const { request, kernel } = beginning;
    const sizes = trainedSizes(model.config, plan.blocks);
    const keepEvery = keepEveryOfPlan(model.config, plan);
    const initial = initialLink(model, job, sha256Bytes);
    const states = new KeptStates(trainer.state(), STATES_BYTES);
    const point = from?.point ?? null;
    if (from !== null && point !== null) {
      trainer.restore(point.state);
      states.restore(from.states, point.state.step, keepEvery);
    }
    const { steps: done, checks } = point?.progress ?? { steps: [], checks: [] };
    const losses = done.map(({ loss }) => loss);
    this.tell({ type: 'begun', updates: plan.schedule.steps, losses, looks: checks });
    const keep = async (progress: RunProgress, state: TrainerState) => {
      states.keep(state);
      await keeper.keep({ progress, state }, states.steps);
    };
    const limits = { milliseconds: request.minutes * 60_000, keepEvery };
    const outcome = await this.train(job, data, limits, keep, point?.progress ?? null);
    const { datasets } = request;
    const ended = { model, job, data, datasets, kernel, initial, keepEvery, outcome };
    const result = trainingResult(ended, sha256Bytes);
    this.tell({ type: 'ended', outcome: endOf(outcome, data, result) });
    const { manifest, payloads } = result;
    return {
      ...{ manifest, payloads, datasets, sizes, states, trainer },
      documents: data.examples.learnt,
      endedAt: Date.now(),
    };
  }

  private readData({ data }: TrainingRequest, model: ReleaseModel): Promise<TrainingData> {
    return readTrainingData(data, model, (done) =>
      this.tell({ type: 'preparing', part: 'data', done, total: data.size }),
    );
  }

  private async readModel(name: string, token: string | null): Promise<ReleaseModel> {
    this.tell({ type: 'preparing', part: 'model', done: 0, total: 0 });
    const tell = (done: number, total: number) =>
      this.tell({ type: 'preparing', part: 'model', done, total });
    return unwrap(await readRelease(accessOf(token), name, tell));
  }

  private async startKernel(
    request: TrainingRequest,
    token: string | null,
    { examples }: TrainingData,
  ): Promise<{ threads: KernelThreads; kernel: string }> {
    this.tell({ type: 'preparing', part: 'kernel', done: 0, total: 0 });
    const answer = await ask('/kernel/training.wasm', token);
    if (!answer.ok) throw await Problem.fromResponse(answer);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const threads = await startThreads(compileTraining(bytes), request.threads, longestOf(examples));
    return { threads, kernel: bytesToHex(sha256Bytes(bytes)) };
  }

  private async train(
    { trainer, plan }: TrainingJob,
    { examples }: TrainingData,
    { milliseconds, keepEvery }: { readonly milliseconds: number; readonly keepEvery: number },
    onKeep: RunHooks['onKeep'],
    from: RunProgress | null,
  ): Promise<RunOutcome> {
    const { checkEvery, patience } = RUN_SETTINGS;
    const limits = { steps: plan.schedule.steps, milliseconds, checkEvery, patience, keepEvery };
    const began = this.pace.now();
    const flush = () => {
      this.told = performance.now();
      this.tell({ type: 'updates', losses: this.losses.splice(0), activeMs: this.pace.now() - began });
    };
    const hooks = {
      now: () => this.pace.now(),
      onStep: ({ loss }: { loss: number }) => {
        this.losses.push(loss);
        if (performance.now() - this.told >= TELL_MS) flush();
      },
      onCheck: ({ step, loss }: { step: number; loss: number }) => {
        flush();
        this.tell({ type: 'look', look: { step, loss } });
      },
      onKeep,
      pause: () => this.pace.turn(),
    };
    return unwrap(await runTraining(trainer, examples.unseen, limits, hooks, from));
  }
}

function endOf(
  { end, steps, checks, best }: RunOutcome,
  { examples: { learnt, unseen, tooLong } }: TrainingData,
  { files }: TrainingResult,
) {
  const counts = { learnt: learnt.length, unseen: unseen.length, tooLong };
  const copies = new Map([...files].map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
  return { end, updates: steps.length, before: checks[0].loss, best, ...counts, files: copies };
}

function ask(path: string, token: string | null): Promise<Response> {
  const headers = token === null ? undefined : { authorization: `Bearer ${token}` };
  return fetch(path, { headers }).catch(() => {
    throw Problem.from(new TypeError('network'));
  });
}
