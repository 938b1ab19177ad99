import type { CodedError, Result } from '../../common/index.js';

/** Sampling parameters as the engine takes them; `seed` is an integer 0 … 2^53-1. */
export interface EngineSampling {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly seed: number;
}

/** A model's architecture, as its meta block has it. */
export interface EngineModelConfig {
  readonly family: 'mixtral';
  readonly hiddenSize: number;
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly expertHiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly ropeTheta: number;
  readonly rmsEpsilon: number;
  readonly tieWordEmbeddings: boolean;
}

/** One weight block: where its payload lies and what is in it. */
export interface EngineBlock {
  readonly name: string;
  readonly block: string;
  readonly payloadHash: string;
  readonly payloadSize: number;
  readonly path: string;
  readonly tensors: readonly { readonly name: string; readonly offset: number; readonly length: number }[];
}

/** A release as the engine loads it. */
export interface EngineModel {
  readonly release: string;
  readonly config: EngineModelConfig;
  readonly blocks: readonly EngineBlock[];
}

/** What one answer asks of the engine. */
export interface EngineRequest {
  readonly release: string;
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  readonly stopIds: readonly number[];
  readonly sampling: EngineSampling;
  /** Alternatives to report per token, 0 … 20; absent for none at all. */
  readonly logprobs?: number;
}

/** One generated token; `state` is the 32-byte commitment chain value after it. */
export interface EngineToken {
  readonly type: 'token';
  readonly id: number;
  readonly index: number;
  readonly state: Uint8Array;
  readonly logprob?: number;
  readonly top?: readonly { readonly id: number; readonly logprob: number }[];
}

/** What the engine tells while it works. */
export type EngineEvent =
  | EngineToken
  | { readonly type: 'prefill'; readonly done: number; readonly total: number }
  | { readonly type: 'routing'; readonly counts: readonly (readonly number[])[] };

/** How often an expert of a layer was used for an answer. */
export interface EngineExpertUse {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
}

/** A finished generation. */
export interface EngineResult {
  readonly tokens: readonly number[];
  readonly finish: 'stop' | 'length' | 'cancelled';
  readonly states: readonly Uint8Array[];
  readonly experts: readonly EngineExpertUse[];
  readonly timings: {
    readonly queuedMs: number;
    readonly prefillMs: number;
    readonly decodeMs: number;
    readonly firstTokenMs: number;
  };
}

/** A running generation. */
export interface EngineGeneration {
  cancel(): void;
  readonly done: Promise<Result<EngineResult, CodedError>>;
}

/** A teacher-forced repetition of an answer. */
export interface EngineReplayRequest {
  readonly release: string;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  readonly sampling: EngineSampling;
}

/** What the repetition found: the token the sampler picks and the chain value, per position. */
export interface EngineReplayResult {
  readonly picks: readonly number[];
  readonly states: readonly Uint8Array[];
  readonly experts: readonly EngineExpertUse[];
}

/** A weight block that could not be read or is not what its hash says. */
export interface BlockFailure {
  readonly block: string;
  readonly name: string;
  readonly code: string;
  readonly detail: string;
  /** The payload's file and the hash it should have. */
  readonly path: string;
  readonly payloadHash: string;
}

/** Figures of the running engine. */
export interface EngineFigures {
  readonly tokensGenerated: number;
  readonly promptTokens: number;
  readonly active: number;
  readonly queued: number;
}

/** The part of the kernel's engine that answers need; tests put their own in its place. */
export interface EnginePort {
  readonly kernelHash: string;
  load(model: EngineModel): Promise<Result<void, CodedError>>;
  unload(release: string): Promise<void>;
  generate(request: EngineRequest, on: (event: EngineEvent) => void): EngineGeneration;
  replay(
    request: EngineReplayRequest,
    on: (event: EngineEvent) => void,
  ): Promise<Result<EngineReplayResult, CodedError>>;
  /** A weight block failed; the answers that needed it were refused. */
  on(event: 'blockFailed', handler: (failure: BlockFailure) => void): void;
  /** A thread died; running answers failed with `ENGINE_RESTARTED` and the engine starts itself again. */
  on(event: 'crashed', handler: (detail: string) => void): void;
  stop(): Promise<void>;
}
