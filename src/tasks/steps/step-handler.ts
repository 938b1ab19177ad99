import type { CodedError, Json, Result } from '../../common/index.js';
import type { JsonObject } from './fields.js';

/** How much a step can harm. */
export type Risk = 'low' | 'medium' | 'high' | 'critical';

/** Risks, least first. */
export const RISKS: readonly Risk[] = ['low', 'medium', 'high', 'critical'];

/**
 * What a step does outside the database: nothing that matters when it happens twice; something the other side does once by
 * the step's key; or something that must happen once, which the handler ensures by `keep`.
 */
export type SideEffect = 'none' | 'idempotent' | 'once';

/** What a step gets when it runs. */
export interface StepContext {
  readonly task: string;
  readonly step: number;
  /** The same in every attempt of this step and of no other: what others tell repetitions by. */
  readonly key: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Who asked for the task. */
  readonly owner: string;
  /** Ends the work: the deadline has passed, the task was cancelled, automatic action was stopped, the server stops, or another may soon take the step up. */
  readonly signal: AbortSignal;
  /** What an earlier attempt of this step kept; null where none did. */
  readonly kept: Json;
  /** Outputs of the steps before, by their index. */
  readonly outputs: readonly Json[];
  /** Makes a value durable before the effect it prepares. Later attempts find it in `kept`. */
  keep(value: Json): Promise<void>;
}

/** A step of a plan as a handler proposes it. */
export interface ProposedStep {
  readonly type: string;
  readonly parameters: JsonObject;
  /** Wait behind the step before, ms. */
  readonly delayMs?: number;
}

/** Does one type of step. Modules register theirs with `StepRegistry`. */
export interface StepHandler {
  /** In dotted lower case: `http_probe`, `onchain_action.transfer`, … */
  readonly type: string;
  /** One sentence for people. */
  readonly summary: string;
  /** Whether a task of this type can be asked for; other types appear in plans only. */
  readonly startable: boolean;
  readonly risk: Risk;
  readonly effect: SideEffect;
  /** Whether it moves value: without a policy rule it is then denied. */
  readonly movesValue?: boolean;
  /** Whether it asks for approval whatever the policies say. */
  readonly alwaysApproval?: boolean;
  /** Longest one attempt may take. */
  readonly timeoutMs: number;
  /** Reads parameters at the door: `PARAMETERS_INVALID`. */
  parse(raw: unknown): Result<JsonObject>;
  /** Why it cannot run on this server at present (`STEP_UNAVAILABLE`, `EVM_NOT_CONFIGURED`); null when it can. */
  unavailable?(): CodedError | null;
  /** The action policies know it by; its type where absent. */
  actionType?(parameters: JsonObject): string;
  /** What it moves, in the smallest unit; null where it moves nothing. */
  amount?(parameters: JsonObject): string | null;
  /** The steps a task of this type is made of; the step itself where absent. Must be pure. */
  plan?(parameters: JsonObject): readonly ProposedStep[];
  /**
   * Does it. A refusal of status 429 or from 500 on is tried again, as is anything thrown; any other ends the task. The output
   * is JSON of at most 64 KiB.
   */
  run(parameters: JsonObject, context: StepContext): Promise<Result<Json>>;
}
