import type { Engine, GenerateEvent, KernelCompilation } from '../kernel/index.js';

export type {
  BlockFailure,
  EngineModel,
  ExpertUse as EngineExpertUse,
  Generation as EngineGeneration,
  GenerateEvent as EngineEvent,
  GenerateRequest as EngineRequest,
  GenerateResult as EngineResult,
  TokenScore as EngineScore,
  WeightBlock as EngineBlock,
  WorkListener as EngineListener,
} from '../kernel/index.js';
export type { SamplingParameters as EngineSampling } from '../sampler/index.js';

/** The part of the kernel's engine that answers need; tests put their own in its place. */
export type EnginePort = Pick<
  Engine,
  | 'kernelHash'
  | 'load'
  | 'unload'
  | 'generate'
  | 'replay'
  | 'logits'
  | 'embed'
  | 'score'
  | 'stats'
  | 'trace'
  | 'on'
  | 'stop'
> & {
  /** How the kernel was compiled; absent where there is no kernel. */
  readonly compilation?: KernelCompilation;
};

/** One generated token; `state` is the 32-byte commitment chain value after it. */
export type EngineToken = Extract<GenerateEvent, { readonly type: 'token' }>;
