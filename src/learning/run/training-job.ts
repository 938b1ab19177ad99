import { CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import type { ReleaseModel } from '../source/release-model.js';
import { routerRowOf } from '../../experts/tensorblock/growth.js';
import { tensorValues } from '../source/tensor-values.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import { withoutRest, type CarryOut } from '../trainer/pieces.js';
import { Trainer } from '../trainer/trainer.js';
import type { TrainingKernel } from '../trainer/training-kernel.js';
import type { NewExpertPlan, TrainingPlan } from '../trainer/training-plan.js';
import type { TrainingExamples } from './read-examples.js';

/** What somebody wants to be trained. */
export interface TrainingWish {
  readonly experts: readonly string[];
  /** New ones of them, which the given model must have (`growModel`). */
  readonly newExperts?: readonly NewExpertPlan[];
  readonly learningRate: number;
  readonly batchTokens: number;
  readonly seed: string;
  /** Updates; null = as many as fit into the time. */
  readonly steps: number | null;
  readonly milliseconds: number;
}

/** The kernel with all its threads. */
export interface KernelThreads {
  readonly kernel: TrainingKernel;
  stop(): Promise<void>;
}

/** What a trainer computes on: a server's process or a browser's worker. Nothing of it changes a bit of what is learnt. */
export interface TrainingGround {
  /** For sequences as long as `longestOf` says, at least. */
  readonly threads: KernelThreads;
  readonly sha256: Sha256;
  /** Most bytes of outputs of frozen layers to keep. */
  readonly prefixBytes: number;
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
/** Updates that are timed, the first of which only warms up. */
const TIMED = 4;

/** Refuses with `TRAINING_BLOCKS` what the model has not, or what is no expert. */
export function checkBlocks({ blocks }: ReleaseModel, experts: readonly string[]): Result<void> {
  const wrong = experts.find((name) => !blocks.has(name) || !name.includes('.expert'));
  if (wrong === undefined) return ok();
  const message = `${wrong} is no expert of this model; experts are called layer0.expert0 and so on`;
  return err(new CodedError('TRAINING_BLOCKS', message, { block: wrong }));
}

/**
 * Starts a trainer; where the number of updates is left open, a few are timed first and then forgotten.
 * @param now a clock for that, which may stand still while `carryOut` rests
 */
export async function startJobOn(
  ground: TrainingGround,
  model: ReleaseModel,
  examples: TrainingExamples,
  wish: TrainingWish,
  now: () => number,
  carryOut: CarryOut = withoutRest,
): Promise<Result<TrainingJob>> {
  if (wish.steps !== null) return ok(openJobOn(ground, model, examples, planOf(wish, wish.steps)));
  const { threads } = ground;
  const mark = threads.kernel.mark();
  const trainer = trainerOn(ground, model, examples, planOf(wish, TIMED));
  const timed = await timeUpdates(trainer, now, carryOut);
  if (!timed.ok) {
    await threads.stop();
    return timed;
  }
  threads.kernel.release(mark);
  const steps = Math.max(1, Math.floor(wish.milliseconds / timed.value));
  return ok(openJobOn(ground, model, examples, planOf(wish, steps)));
}

/** Starts a trainer that follows a plan. */
export function openJobOn(
  ground: TrainingGround,
  model: ReleaseModel,
  examples: Pick<TrainingExamples, 'learnt'>,
  plan: TrainingPlan,
): TrainingJob {
  return { trainer: trainerOn(ground, model, examples, plan), plan, stop: () => ground.threads.stop() };
}

/** Tokens of the longest example. */
export function longestOf({ learnt, unseen }: Pick<TrainingExamples, 'learnt' | 'unseen'>): number {
  return [...learnt, ...unseen].reduce((most, { ids }) => Math.max(most, ids.length), 0);
}

/** How long an update takes, ms. */
async function timeUpdates(trainer: Trainer, now: () => number, carryOut: CarryOut): Promise<Result<number>> {
  let began = 0;
  for (let i = 0; i < TIMED; i++) {
    if (i === 1) began = now();
    const report = await carryOut(trainer.stepInPieces());
    if (!report.ok) return report;
  }
  return ok((now() - began) / (TIMED - 1));
}

function planOf(wish: TrainingWish, steps: number): TrainingPlan {
  return {
    ...blocksOf(wish),
    seed: wish.seed,
    batchTokens: wish.batchTokens,
    microBatchTokens: Math.min(MICRO_BATCH_TOKENS, wish.batchTokens),
    schedule: { peak: wish.learningRate, floor: FLOOR, warmUp: Math.ceil(steps * WARM_UP_SHARE), steps },
    adam: ADAM_DEFAULTS,
    balance: 0,
  };
}

/** A new expert is trained with its row of the router. */
function blocksOf({ experts, newExperts = [] }: TrainingWish): Pick<TrainingPlan, 'blocks' | 'newExperts'> {
  if (newExperts.length === 0) return { blocks: experts };
  const fresh = newExperts.flatMap(({ name }) => [name, routerRowOf(name)]);
  return { blocks: [...experts, ...fresh], newExperts };
}

function trainerOn(
  { threads: { kernel }, sha256, prefixBytes }: TrainingGround,
  model: ReleaseModel,
  { learnt }: Pick<TrainingExamples, 'learnt'>,
  plan: TrainingPlan,
): Trainer {
  const valuesOf = (block: string, tensor: string) => tensorValues(model, block, tensor);
  const parts = { kernel, config: model.config, valuesOf, sha256, prefixBytes };
  return new Trainer(parts, plan, learnt);
}
