import type { Engine, GenerateEvent } from '../kernel/index.js';

export type {
  BlockFailure,
  EngineModel,
  ExpertUse as EngineExpertUse,
  FastLane as EngineLane,
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
  | 'lane'
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
>;

/** One generated token; `state` is the 32-byte commitment chain value after it. */
export type EngineToken = Extract<GenerateEvent, { readonly type: 'token' }>;
