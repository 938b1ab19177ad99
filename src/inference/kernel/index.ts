export { compileKernel } from './node/compile-kernel.js';
export type { BlockSource, EngineModel, TensorEntry, WeightBlock } from './block-source.js';
export { describeBlocks, type BlockDescription } from './blocks.js';
export { PAGE_POSITIONS } from './abi.js';
export { checkModelConfig, positionBytes, type ModelConfig } from './config.js';
export { EngineCore, type EngineLimits } from './engine-core.js';
export type { ExpertExecutor, ExpertFailure, ExpertTask } from './executor.js';
export { createKernelMemory, Kernel } from './kernel.js';
export { DEFAULT_POLICY } from './expert-cache.js';
export type { ExpertOptions } from './expert-options.js';
export type { FastLane } from './lane.js';
export { MemoryBlockSource } from './memory-source.js';
export type {
  EmbedRequest,
  ExpertUse,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LogitsRequest,
  ReplayRequest,
  ReplayResult,
  ScoreRequest,
} from './requests.js';
export type { TokenScore } from './score-task.js';
export { MAX_LOGIT_ROWS as MAX_STREAMS } from './run-state.js';
export type { EngineStats, ExpertStats } from './stats.js';
export { Engine, type EngineOptions, type Generation, type WorkListener } from './node/engine.js';
export type { KernelCompilation } from './node/kernel-compilation.js';
export type { BlockFailure } from './node/protocol.js';
export type { StartThreads } from './node/thread-group.js';
export { letOthersGoFirst } from './node/thread-priority.js';
export * from './policies/index.js';
export {
  addToSet,
  decodeTrace,
  encodeTrace,
  expertsOf,
  recordBytes,
  rowsOf,
  setOffset,
  type RoutingTrace,
  type TraceHeader,
} from './trace/routing-trace.js';
export type { SelfTestResult } from './self-test.js';
export {
  createBrowserReplayer,
  type BrowserReplayer,
  type ReplayInput,
  type ReplayProgress,
} from './replayer.js';
