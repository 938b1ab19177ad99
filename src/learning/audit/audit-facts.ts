import { CodedError, err, isHash, ok, type Result } from '../../common/index.js';
import { parsePlan } from '../run/plan-json.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

/** What a manifest says of one update. */
export interface StatedUpdate {
  /** The link after it. */
  readonly hash: string;
  /** Tokens whose next one was asked for. */
  readonly tokens: number;
  /** Examples it was made from. */
  readonly examples: number;
  /** Mean cross-entropy before it. */
  readonly loss: number;
}

/** What a manifest of version 2 commits to, as far as an audit needs it. */
export interface AuditFacts {
  /** SHA-256 of the training kernel. */
  readonly kernel: string;
  readonly plan: TrainingPlan;
  /** Documents that were learnt. */
  readonly learnt: number;
  /** RFC 6962 root over them, 64 hex digits. */
  readonly root: string;
  /** Hashes of the datasets they come from. */
  readonly datasets: readonly string[];
  /** The link of the state before the first update. */
  readonly initial: string;
  readonly steps: readonly StatedUpdate[];
  /** The trained blocks in the order of the plan. */
  readonly blocks: readonly { readonly name: string; readonly payloadHash: string }[];
}

const MOST_STEPS = 100_000;
const MOST_DATASETS = 64;
const MOST_DOCUMENTS = 2_000_000;
const MOST_WORD = 2 ** 31;

/** Reads what an audit needs of a manifest of version 2; `SUBMISSION_MANIFEST` names the member that is wrong. */
export function parseAuditFacts(value: unknown): Result<AuditFacts> {
  const bad = (member: string) =>
    err(new CodedError('SUBMISSION_MANIFEST', `manifest: ${member} is not valid`, { member }));
  const { kernel, data, plan: givenPlan, initial, steps: givenSteps, blocks: givenBlocks } = record(value);
  const { learnt, root, datasets } = record(data);
  if (!isHash(kernel)) return bad('kernel');
  if (!isCount(learnt) || learnt > MOST_DOCUMENTS) return bad('data.learnt');
  if (!isHash(root)) return bad('data.root');
  if (!isListOf(datasets, isHash) || datasets.length > MOST_DATASETS) return bad('data.datasets');
  const plan = parsePlan(givenPlan);
  if (plan === null) return bad('plan');
  if (!isHash(initial)) return bad('initial');
  if (!isListOf(givenSteps, isUpdate) || givenSteps.length > MOST_STEPS) return bad('steps');
  if (!isListOf(givenBlocks, isBlock)) return bad('blocks');
  if (givenBlocks.map(({ name }) => name).join() !== plan.blocks.join()) return bad('plan.blocks');
  const blocks = givenBlocks.map(({ name, payload_hash: payloadHash }) => ({ name, payloadHash }));
  return ok({ kernel, plan, learnt, root, datasets, initial, steps: givenSteps, blocks });
}

/** Examples taken before an update, over all epochs. */
export function placeOf({ steps }: Pick<AuditFacts, 'steps'>, step: number): number {
  return steps.slice(0, step).reduce((sum, { examples }) => sum + examples, 0);
}

interface BlockJson {
  readonly name: string;
  readonly payload_hash: string;
}

function isUpdate(value: unknown): value is StatedUpdate {
  const { hash, tokens, examples, loss } = record(value);
  return isHash(hash) && isCount(tokens) && isCount(examples) && Number.isFinite(loss);
}

function isBlock(value: unknown): value is BlockJson {
  const { name, payload_hash: payloadHash } = record(value);
  return typeof name === 'string' && isHash(payloadHash);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) < MOST_WORD;
}

function isListOf<T>(value: unknown, fits: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && (value as unknown[]).every(fits);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
