import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { Engine, GenerateEvent, KernelCompilation, WorkListener } from '../kernel/index.js';

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
  | 'embed'
  | 'score'
  | 'stats'
  | 'selfTest'
  | 'trace'
  | 'on'
  | 'stop'
> & {
  /** As the engine's, but for whom is always said: what nobody waits for any more must end. */
  replay(
    request: Parameters<Engine['replay']>[0],
    listener: WorkListener,
    on?: (done: number) => void,
  ): ReturnType<Engine['replay']>;
  /** As `replay`. */
  logits(request: Parameters<Engine['logits']>[0], listener: WorkListener): ReturnType<Engine['logits']>;
  /** How the kernel was compiled; absent where there is no kernel. */
  readonly compilation?: KernelCompilation;
};

/** Refuses (`ENGINE_NOT_EXACT`, 409) to compute anything again to the last bit with something else than the kernel. */
export function requireExactEngine({ lane }: EnginePort): Result<void> {
  if (lane === null) return ok();
  const message =
    'This node computes with TensorFlow.js, which does not give the same bits again; a node with INFERENCE_ENGINE=exact does.';
  const { backend, device } = lane;
  return err(new CodedError('ENGINE_NOT_EXACT', message, { backend, device }, 409));
}

/** One generated token; `state` is the 32-byte commitment chain value after it. */
export type EngineToken = Extract<GenerateEvent, { readonly type: 'token' }>;
