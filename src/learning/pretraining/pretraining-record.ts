import { CodedError, err, isHash, ok, type Json, type Result } from '../../common/index.js';
import { parsePlan, planJson } from '../run/plan-json.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

/** What a training from nothing was begun with: together with the architecture's files, all that its weights follow from. */
export interface PretrainingRecord {
  /** Decides the first weights and, with the plan's own, what is learnt in which order. */
  readonly seed: string;
  /** Tokens that were drawn, at least. */
  readonly tokens: number;
  /** SHA-256 over the examples. */
  readonly examples: string;
  /** SHA-256 over the names and contents of the architecture's files. */
  readonly architecture: string;
  /** SHA-256 of the training kernel. */
  readonly kernel: string;
  readonly plan: TrainingPlan;
}

/** As it is written to `pretraining.json`. */
export function recordJson({ plan, ...facts }: PretrainingRecord): Json {
  return { version: 1, ...facts, plan: planJson(plan) };
}

/** Reads `pretraining.json`; `TRAINING_FOLDER` where it is none. */
export function parseRecord(value: unknown): Result<PretrainingRecord> {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { version, seed, tokens, examples, architecture, kernel } = given;
  const plan = parsePlan(given.plan);
  const sound =
    version === 1 &&
    typeof seed === 'string' &&
    Number.isSafeInteger(tokens) &&
    isHash(examples) &&
    isHash(architecture) &&
    isHash(kernel) &&
    plan !== null;
  if (sound) return ok({ seed, tokens: tokens as number, examples, architecture, kernel, plan });
  return err(new CodedError('TRAINING_FOLDER', 'pretraining.json is not one that stemma pretrain wrote'));
}
