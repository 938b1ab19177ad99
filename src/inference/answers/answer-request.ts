import type { TextRules } from '../constraints/index.js';
import type { LogitBias } from '../sampler/index.js';
import type { FinishReason, Receipt } from '../receipt/index.js';
import type { ChatMessage } from '../tokenizer/chat-template.js';
import type { CallStyle, ToolUse } from '../tools/index.js';
import type { EngineSampling } from '../engine/engine-port.js';
import type { ServedModel } from '../models/served-model.js';

/** What the model is to continue. */
export type AnswerPrompt =
  | { readonly messages: readonly ChatMessage[] }
  | { readonly text: string }
  | { readonly ids: readonly number[] };

/** A request for an answer, in the server's own words; what is undefined takes the model's default. */
export interface AnswerRequest {
  /** `genesis` for the live release, `genesis@1.0.0` for a certain one. */
  readonly model: string;
  readonly prompt: AnswerPrompt;
  /** 0 only with `echo`: the prompt alone is the answer. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** Integer 0 … 2^53-1; drawn at random when undefined. Choice number i uses seed + i. */
  readonly seed?: number;
  /** Added to the logits of single tokens. */
  readonly logitBias?: LogitBias;
  /** What the text must obey. */
  readonly rules?: TextRules;
  /** Functions the model may call; only with messages. */
  readonly tools?: ToolUse;
  /** Up to 16 non-empty strings. */
  readonly stop?: readonly string[];
  /** Alternatives to report per token, 0 … 20. */
  readonly logprobs?: number;
  /** Whether every answer begins with the prompt. */
  readonly echo?: boolean;
  /** Independent answers; 1 when undefined. */
  readonly choices?: number;
  /** Whether tokens are guessed and verified several at once; as the server is set when undefined. No token depends on it. */
  readonly speculative?: boolean;
  /** 64 hex digits; drawn at random when undefined. */
  readonly salt?: string;
  /** The account that asks; its receipts are shown to it. */
  readonly owner: string;
}

/** A request that was checked and tokenised: ready to run. */
export interface PreparedAnswer {
  /** What it is, for metrics and traces. */
  readonly operation: 'chat' | 'text_completion';
  readonly model: ServedModel;
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  readonly sampling: EngineSampling;
  readonly stop: readonly string[];
  readonly logprobs?: number;
  /** What every answer begins with: the prompt, as people read it. */
  readonly echo?: string;
  /** Functions it may call, and how calls look in the text. */
  readonly tools?: { readonly names: readonly string[]; readonly style: CallStyle };
  readonly choices: number;
  /** As in the request. */
  readonly speculative?: boolean;
  readonly salt: string;
  readonly owner: string;
}

/** A token with its log-probability; null for the first token of an echoed prompt, which nothing comes before. */
export interface ScoredToken {
  readonly id: number;
  readonly logprob: number | null;
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
}

/** A piece of an answer: the text that became complete, and the scored tokens that arrived, if asked for. */
export interface AnswerDelta {
  readonly choice: number;
  readonly text: string;
  readonly tokens: readonly ScoredToken[];
}

/** One finished answer. */
export interface Answer {
  readonly text: string;
  readonly tokens: readonly ScoredToken[];
  readonly completionTokens: number;
  /** Tokens of the prompt that had been computed before for another request. */
  readonly cachedTokens: number;
  readonly finish: FinishReason;
  /** Null when it was cancelled before the first token: there is nothing to state. */
  readonly receipt: Receipt | null;
  readonly timings: {
    readonly queuedMs: number;
    readonly prefillMs: number;
    readonly decodeMs: number;
    readonly firstTokenMs: number;
  };
}
