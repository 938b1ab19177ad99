import { CodedError, err, ok, type Result } from '../../common/index.js';
import { checkSampling, type SamplingParameters, type TokenLogprob } from '../sampler/index.js';
import type { ModelConfig } from './config.js';

/** Which requests come first: people's answers, or work of the server itself that can wait. */
export type Priority = 'inference' | 'learning';

/** How a request waits for its turn. */
export interface Waiting {
  /** `inference` when undefined. */
  readonly priority?: Priority;
  /** Longest time it may wait for its first step, ms; for ever when undefined. */
  readonly maxWaitMs?: number;
}

/** A wish for an answer. */
export interface GenerateRequest extends Waiting {
  readonly release: string;
  readonly promptIds: readonly number[];
  /** At most so many tokens; fewer where the model's context ends earlier. */
  readonly maxTokens: number;
  /** Tokens that end the answer; the one that does is its last token. */
  readonly stopIds: readonly number[];
  readonly sampling: SamplingParameters;
  /** How many likeliest alternatives to report per token, 0..20; undefined = no log probabilities at all. */
  readonly logprobs?: number;
  /** Whether token events tell which experts were used for them. */
  readonly routes?: boolean;
  /** Whether its tokens are guessed and verified several at once; as the engine is set when undefined. They are the same either way. */
  readonly speculative?: boolean;
}

/** A wish to recompute an answer. */
export interface ReplayRequest extends Waiting {
  readonly release: string;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  readonly sampling: SamplingParameters;
}

/** A wish for the logits at the last positions of some ids. */
export interface LogitsRequest extends Waiting {
  readonly release: string;
  readonly ids: readonly number[];
  /** Positions from the end, at least 1; undefined = all. */
  readonly last?: number;
}

/** A wish for one vector that stands for some ids. */
export interface EmbedRequest extends Waiting {
  readonly release: string;
  readonly ids: readonly number[];
}

/** A wish to know how likely each of some ids is after those before it. */
export interface ScoreRequest extends Waiting {
  readonly release: string;
  /** At least two: nothing comes before the first. */
  readonly ids: readonly number[];
  /** How many likeliest alternatives to report per token, 0..20. */
  readonly top: number;
  /** Place in `ids` of the first one that is judged, 1 by default; those before it are only read. */
  readonly first?: number;
}

/** What happens while a request runs. */
export type GenerateEvent =
  | {
      readonly type: 'token';
      /** The token; in a replay what the sampler picks here, given the recorded tokens before it. */
      readonly id: number;
      /** Place in the answer, from 0. */
      readonly index: number;
      /** Commitment chain after this token, 32 bytes. */
      readonly state: Uint8Array;
      readonly logprob?: number;
      readonly top?: readonly TokenLogprob[];
      /** Experts that the position went through whose logits gave this token: [layer, rank]. */
      readonly route?: Uint16Array;
    }
  /** Positions of the known ids (prompt; replay: prompt and answer) computed so far. */
  | { readonly type: 'prefill'; readonly done: number; readonly total: number }
  /** Tokens per layer and expert since the last such event. */
  | { readonly type: 'routing'; readonly counts: readonly (readonly number[])[] };

/** How many tokens went through an expert. */
export interface ExpertUse {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
}

/** An answer. */
export interface GenerateResult {
  readonly tokens: readonly number[];
  readonly finish: 'stop' | 'length' | 'cancelled';
  /** One 32-byte commitment chain value per token. */
  readonly states: readonly Uint8Array[];
  readonly experts: readonly ExpertUse[];
  /** Tokens of the prompt that came from the prefix cache. */
  readonly cachedTokens: number;
  readonly timings: {
    readonly queuedMs: number;
    readonly prefillMs: number;
    readonly decodeMs: number;
    readonly firstTokenMs: number;
  };
}

/** A recomputed answer. */
export interface ReplayResult {
  /** What the sampler picks at each place of the answer, given the recorded tokens before it. */
  readonly picks: readonly number[];
  /** SHA-256 of the logits of each place. */
  readonly digests: readonly Uint8Array[];
  /** Commitment chain over the recorded tokens. */
  readonly states: readonly Uint8Array[];
  /** First place whose pick is not the recorded token; null = none. */
  readonly firstDifference: number | null;
  readonly experts: readonly ExpertUse[];
}

/** A request of any kind. */
export type Work =
  | ({ readonly kind: 'generate' } & GenerateRequest)
  | ({ readonly kind: 'replay' } & ReplayRequest)
  | ({ readonly kind: 'logits' } & LogitsRequest)
  | ({ readonly kind: 'embed' } & EmbedRequest)
  | ({ readonly kind: 'score' } & ScoreRequest);

/** Raw logits of one request at most. */
const LOGITS_BYTES = 2 ** 28;

/** Positions that a request may come to compute. */
export function positionsOf(work: Work, config: ModelConfig): number {
  if (work.kind === 'score') return work.ids.length - 1;
  if ('ids' in work) return work.ids.length;
  if (work.kind === 'replay') return work.promptIds.length + work.outputIds.length - 1;
  return Math.min(work.promptIds.length + work.maxTokens, config.maxPositions) - 1;
}

/**
 * Positions of a request below which the prefix cache may stand in for computing: none whose logits are wanted, and none at all of
 * a replay or of raw logits, which are there to check what was computed before.
 */
export function reusablePositions(work: Work): number {
  return work.kind === 'generate' ? work.promptIds.length - 1 : 0;
}

/** Refuses (`REQUEST_INVALID`, `PROMPT_TOO_LONG`, `SAMPLING_PARAMETER`) what the model cannot compute. */
export function checkWork(work: Work, config: ModelConfig): Result<void> {
  const ids = 'ids' in work ? work.ids : work.promptIds;
  if (ids.length === 0) return invalid('the prompt is empty');
  const all = work.kind === 'replay' ? [...ids, ...work.outputIds] : ids;
  if (!all.every((id) => Number.isInteger(id) && id >= 0 && id < config.vocabSize)) {
    return invalid(`token ids must be whole numbers below ${config.vocabSize}`);
  }
  if (work.maxWaitMs !== undefined && !(work.maxWaitMs >= 0)) return invalid('maxWaitMs is not a time');
  const room = work.kind === 'generate' ? config.maxPositions - 1 : config.maxPositions;
  const needed = work.kind === 'replay' ? all.length - 1 : all.length;
  if (needed > room) return tooLong(needed, config.maxPositions);
  if (work.kind === 'replay' && work.outputIds.length === 0) return invalid('the answer is empty');
  if (work.kind === 'logits') {
    const most = Math.min(ids.length, Math.floor(LOGITS_BYTES / (config.vocabSize * 4)));
    return checkCount(work.last ?? ids.length, 1, most, 'last');
  }
  if (work.kind === 'embed') return ok();
  if (work.kind === 'score') {
    if (ids.length === 1) return invalid('nothing comes before a single token');
    const first = checkCount(work.first ?? 1, 1, ids.length - 1, 'first');
    return first.ok ? checkCount(work.top, 0, 20, 'top') : first;
  }
  if (work.kind === 'generate') {
    const counts = checkCount(work.maxTokens, 1, Number.MAX_SAFE_INTEGER, 'maxTokens');
    if (!counts.ok) return counts;
    const top = checkCount(work.logprobs ?? 0, 0, 20, 'logprobs');
    if (!top.ok) return top;
  }
  return checkSampling(work.sampling);
}

function checkCount(value: number, least: number, most: number, name: string): Result<void> {
  const right = Number.isSafeInteger(value) && value >= least && value <= most;
  return right ? ok() : invalid(`${name} must be a whole number from ${least} to ${most}`);
}

function invalid(message: string): Result<never> {
  return err(new CodedError('REQUEST_INVALID', message));
}

function tooLong(tokens: number, context: number): Result<never> {
  const message = `${tokens} tokens do not fit into the model's context of ${context}`;
  return err(new CodedError('PROMPT_TOO_LONG', message, { tokens, context }));
}
