import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { ReleaseModel } from '../source/release-model.js';
import { tensorValues } from '../source/tensor-values.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import { trainingKernelPath } from '../trainer/node/training-kernel-path.js';
import { TrainingThreads } from '../trainer/node/training-threads.js';
import { Trainer } from '../trainer/trainer.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import type { TrainingExamples } from './read-examples.js';

/** What somebody wants to be trained. */
export interface TrainingWish {
  readonly experts: readonly string[];
  readonly learningRate: number;
  readonly batchTokens: number;
  readonly seed: string;
  /** Updates; null = as many as fit into the time. */
  readonly steps: number | null;
  readonly milliseconds: number;
  readonly threads: number;
}

/** A trainer on threads of its own. */
export interface TrainingJob {
  readonly trainer: Trainer;
  readonly plan: TrainingPlan;
  stop(): Promise<void>;
}

const MICRO_BATCH_TOKENS = 1024;
const WARM_UP_SHARE = 0.05;
const FLOOR = 0.05;
/** Outputs of frozen layers that are kept. */
const PREFIX_BYTES = 1 << 30;
/** Updates that are timed, the first of which only warms up. */
const TIMED = 4;

/** Refuses with `TRAINING_BLOCKS` what the model has not, or what is no expert. */
export function checkBlocks({ blocks }: ReleaseModel, experts: readonly string[]): Result<void> {
  const wrong = experts.find((name) => !blocks.has(name) || !name.includes('.expert'));
  if (wrong === undefined) return ok();
  const message = `${wrong} is no expert of this model; experts are called layer0.expert0 and so on`;
  return err(new CodedError('TRAINING_BLOCKS', message, { block: wrong }));
}

/** Starts a trainer; where the number of updates is left open, a few are timed first and then forgotten. */
export async function startJob(
  model: ReleaseModel,
  examples: TrainingExamples,
  wish: TrainingWish,
  now: () => number,
): Promise<Result<TrainingJob>> {
  if (wish.steps !== null) return ok(openJob(model, examples, planOf(wish, wish.steps), wish.threads));
  const threads = startThreads(examples, wish.threads);
  const mark = threads.kernel.mark();
  const timed = timeUpdates(trainerOn(threads, model, examples, planOf(wish, TIMED)), now);
  if (!timed.ok) {
    await threads.stop();
    return timed;
  }
  threads.kernel.release(mark);
  const steps = Math.max(1, Math.floor(wish.milliseconds / timed.value));
  return ok(jobOn(threads, model, examples, planOf(wish, steps)));
}

/** Starts a trainer that follows a plan. */
export function openJob(
  model: ReleaseModel,
  examples: Pick<TrainingExamples, 'learnt' | 'unseen'>,
  plan: TrainingPlan,
  threadCount: number,
): TrainingJob {
  return jobOn(startThreads(examples, threadCount), model, examples, plan);
}

/** How long an update takes, ms. */
function timeUpdates(trainer: Trainer, now: () => number): Result<number> {
  let began = 0;
  for (let i = 0; i < TIMED; i++) {
    if (i === 1) began = now();
    const report = trainer.step();
    if (!report.ok) return report;
  }
  return ok((now() - began) / (TIMED - 1));
}

function planOf(wish: TrainingWish, steps: number): TrainingPlan {
  return {
    blocks: wish.experts,
    seed: wish.seed,
    batchTokens: wish.batchTokens,
    microBatchTokens: Math.min(MICRO_BATCH_TOKENS, wish.batchTokens),
    schedule: { peak: wish.learningRate, floor: FLOOR, warmUp: Math.ceil(steps * WARM_UP_SHARE), steps },
    adam: ADAM_DEFAULTS,
    balance: 0,
  };
}

function startThreads(
  { learnt, unseen }: Pick<TrainingExamples, 'learnt' | 'unseen'>,
  threads: number,
): TrainingThreads {
  const longest = [...learnt, ...unseen].reduce((most, { ids }) => Math.max(most, ids.length), 0);
  return TrainingThreads.start({ kernelPath: trainingKernelPath(), threads, longest });
}

function trainerOn(
  { kernel }: TrainingThreads,
  model: ReleaseModel,
  { learnt }: Pick<TrainingExamples, 'learnt'>,
  plan: TrainingPlan,
): Trainer {
  const valuesOf = (block: string, tensor: string) => tensorValues(model, block, tensor);
  const parts = { kernel, config: model.config, valuesOf, sha256: nativeSha256, prefixBytes: PREFIX_BYTES };
  return new Trainer(parts, plan, learnt);
}

function jobOn(
  threads: TrainingThreads,
  model: ReleaseModel,
  examples: Pick<TrainingExamples, 'learnt'>,
  plan: TrainingPlan,
): TrainingJob {
  return { trainer: trainerOn(threads, model, examples, plan), plan, stop: () => threads.stop() };
}
