import type { Json } from '../../common/index.js';
import type { AdamOptions } from '../trainer/adam.js';
import type { Schedule } from '../trainer/schedule.js';
import type { NewExpertPlan, TrainingPlan } from '../trainer/training-plan.js';

/** Bounds of what a plan read from outside may say. */
const MOST_BLOCKS = 4096;
const MOST_TOKENS = 1 << 20;
const MOST_STEPS = 10_000_000;
const LONGEST_SEED = 1024;
const BLOCK_NAME = /^[a-z0-9.]{1,40}$/;

/** A plan as manifests and folders of trainings hold it. */
export function planJson(plan: TrainingPlan): Json {
  const { peak, floor, warmUp, steps } = plan.schedule;
  const { beta1, beta2, epsilon, weightDecay, clip } = plan.adam;
  return {
    blocks: [...plan.blocks],
    ...(plan.newExperts !== undefined && {
      new_experts: plan.newExperts.map(({ name, from }) => ({ name, from })),
    }),
    seed: plan.seed,
    batch_tokens: plan.batchTokens,
    micro_batch_tokens: plan.microBatchTokens,
    schedule: { peak, floor, warm_up: warmUp, steps },
    adam: { beta1, beta2, epsilon, weight_decay: weightDecay, clip },
    balance: plan.balance,
  };
}

/** Reads such a plan; null where it is none, or asks for what no training does. */
export function parsePlan(value: unknown): TrainingPlan | null {
  const given = membersOf(value);
  const { blocks, seed, batch_tokens: batchTokens, micro_batch_tokens: microBatchTokens, balance } = given;
  const newExperts = given.new_experts;
  const [schedule, adam] = [parseSchedule(given.schedule), parseAdam(given.adam)];
  if (!isListOfNames(blocks) || typeof seed !== 'string' || seed.length > LONGEST_SEED) return null;
  if (!isWhole(batchTokens, 1, MOST_TOKENS) || !isWhole(microBatchTokens, 1, MOST_TOKENS)) return null;
  if (schedule === null || adam === null || !isWithin(balance, 0, 1)) return null;
  const plan = { blocks, seed, batchTokens, microBatchTokens, schedule, adam, balance };
  if (newExperts === undefined) return plan;
  return isListOfNewExperts(newExperts) ? { ...plan, newExperts } : null;
}

function parseSchedule(value: unknown): Schedule | null {
  const { peak, floor, warm_up: warmUp, steps } = membersOf(value);
  if (!isWithin(peak, 0, 1) || !isWithin(floor, 0, 1)) return null;
  if (!isWhole(warmUp, 0, MOST_STEPS) || !isWhole(steps, 1, MOST_STEPS)) return null;
  return { peak, floor, warmUp, steps };
}

function parseAdam(value: unknown): AdamOptions | null {
  const { beta1, beta2, epsilon, weight_decay: weightDecay, clip } = membersOf(value);
  // A share of 1 would divide by nothing.
  if (!isWithin(beta1, 0, 0.999_999_9) || !isWithin(beta2, 0, 0.999_999_9)) return null;
  if (!isWithin(epsilon, 0, 1) || !isWithin(weightDecay, 0, 1) || !isWithin(clip, 0, 1e9)) return null;
  return { beta1, beta2, epsilon, weightDecay, clip };
}

/** The members of an object; none of anything else. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function isListOfNames(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_BLOCKS) return false;
  const items = value as unknown[];
  return (
    new Set(items).size === items.length &&
    items.every((item) => typeof item === 'string' && BLOCK_NAME.test(item))
  );
}

function isListOfNewExperts(value: unknown): value is NewExpertPlan[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_BLOCKS) return false;
  return (value as unknown[]).every((item) => {
    const { name, from, ...more } = membersOf(item);
    const names = [name, from].every((word) => typeof word === 'string' && BLOCK_NAME.test(word));
    return names && Object.keys(more).length === 0;
  });
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && isWithin(value, least, most);
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}
