import { CodedError, err, isHash, ok, type Json, type Result } from '../../common/index.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import { parsePlan, planJson } from './plan-json.js';

/** What a training was begun with: enough to take it up, and to show parts of it later. */
export interface RunRecord {
  /** `genesis@1.0.0` */
  readonly model: string;
  /** Hash of the release block. */
  readonly release: string;
  /** Server the model was read from; null: one's own. */
  readonly server: string | null;
  /** SHA-256 of the training kernel. */
  readonly kernel: string;
  /** The file with the documents and its SHA-256. */
  readonly data: { readonly path: string; readonly hash: string };
  /** Hashes of the blocks of chain D it comes from. */
  readonly datasets: readonly string[];
  readonly plan: TrainingPlan;
  /** Updates between two looks at unseen documents, and between two states that are kept. */
  readonly checkEvery: number;
  readonly keepEvery: number;
}

/** As it is written to `run.json`. */
export function recordJson({ plan, checkEvery, keepEvery, data, datasets, ...words }: RunRecord): Json {
  return {
    version: 1,
    ...words,
    data: { ...data },
    datasets: [...datasets],
    plan: planJson(plan),
    check_every: checkEvery,
    keep_every: keepEvery,
  };
}

/** Reads `run.json`; `TRAINING_FOLDER` where it is none. */
export function parseRecord(value: unknown): Result<RunRecord> {
  const given = record(value);
  const { version, model, release, server, kernel, datasets, check_every: checkEvery } = given;
  const { keep_every: keepEvery } = given;
  const { path, hash } = record(given.data);
  const plan = parsePlan(given.plan);
  const sound =
    version === 1 &&
    typeof model === 'string' &&
    isHash(release) &&
    (server === null || typeof server === 'string') &&
    isHash(kernel) &&
    typeof path === 'string' &&
    isHash(hash) &&
    Array.isArray(datasets) &&
    (datasets as unknown[]).every(isHash) &&
    plan !== null &&
    isCount(checkEvery) &&
    isCount(keepEvery) &&
    keepEvery % checkEvery === 0;
  if (!sound) return err(new CodedError('TRAINING_FOLDER', 'run.json is not one that stemma train wrote'));
  return ok({
    ...{ model, release, server, kernel, plan, checkEvery, keepEvery },
    ...{ data: { path, hash }, datasets: datasets as string[] },
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
