import { availableParallelism } from 'node:os';
import { CodedError } from '../../common/index.js';
import { cacheProblem, type AppConfig } from '../../config/index.js';
import { DEFAULT_POLICY, Engine, type EngineOptions, type PolicyName } from '../kernel/index.js';
import { startFastEngine } from '../tfjs/index.js';
import { ENGINE_STREAMS, type EngineFactory } from './engine-factory.js';
import { latestChoice } from '../cache-lab/policy-choice.js';
import type { EnginePort } from './engine-port.js';
import { EngineTuning, type EngineSize } from './engine-tuning.js';
import { kernelPath } from './kernel-path.js';

const MEBIBYTE = 2 ** 20;
/** Places in the engine's queue for replays and the like; answers are counted before they get there. */
const QUEUE_FOR_OTHERS = 256;
/** A GPU computes many rows in the time of one. */
const FAST_STREAMS = 64;

/** Starts the engine that the configuration names. */
export function configuredEngineFactory(config: AppConfig, tuning = new EngineTuning()): EngineFactory {
  return config.inferenceEngine === 'tfjs'
    ? fastEngineFactory(config, tuning)
    : kernelEngineFactory(config, kernelPath(), tuning);
}

/** Starts TensorFlow.js with what the configuration gives it; it has neither prefix cache nor speculation. */
function fastEngineFactory(config: AppConfig, tuning: EngineTuning): EngineFactory {
  return () =>
    startFastEngine({
      backend: config.tfjsBackend,
      limits: {
        expertCacheBytes: (tuning.size.expertCacheMb ?? config.expertCacheMb) * MEBIBYTE,
        kvCacheBytes: (tuning.size.kvCacheMb ?? config.kvCacheMb) * MEBIBYTE,
        maxStreams: tuning.size.streams ?? FAST_STREAMS,
        maxQueue: config.maxQueue + QUEUE_FOR_OTHERS,
      },
    });
}

/** Starts the kernel's engine with what the configuration gives it. @param path the kernel file, `kernel.sha256` beside it */
export function kernelEngineFactory(
  config: AppConfig,
  path = kernelPath(),
  tuning = new EngineTuning(),
): EngineFactory {
  return async (): Promise<EnginePort> => Engine.start(await engineOptions(config, path, tuning));
}

/**
 * What the configuration, what was tuned since, and what cache-lab chose, make of an engine. Rejects with `ENGINE_MEMORY` where the
 * caches that were tuned and configured exceed the kernel's memory together.
 */
export async function engineOptions(
  config: AppConfig,
  path = kernelPath(),
  tuning = new EngineTuning(),
): Promise<EngineOptions> {
  const size = engineSize(config, tuning);
  const problem = cacheProblem({ ...size, inferenceEngine: 'exact' });
  if (problem !== null) throw new CodedError('ENGINE_MEMORY', problem, {}, 503);
  return {
    threads: size.threads,
    kernelPath: path,
    expertCacheBytes: size.expertCacheMb * MEBIBYTE,
    kvCacheBytes: size.kvCacheMb * MEBIBYTE,
    maxStreams: size.streams,
    prefixCache: config.prefixCache,
    speculation: config.speculation === 'auto',
    maxQueue: config.maxQueue + QUEUE_FOR_OTHERS,
    experts: {
      policy: await policyOf(config),
      prefetch: config.expertPrefetch,
      traceBytes: config.routingTraceMb * MEBIBYTE,
    },
  };
}

/** The size an engine started now would have. */
export function engineSize(config: AppConfig, { size }: EngineTuning): EngineSize {
  const threads = size.threads ?? config.inferenceThreads;
  return {
    threads: threads === 0 ? availableParallelism() : threads,
    streams: size.streams ?? ENGINE_STREAMS,
    expertCacheMb: size.expertCacheMb ?? config.expertCacheMb,
    kvCacheMb: size.kvCacheMb ?? config.kvCacheMb,
  };
}

async function policyOf({ expertPolicy, dataDir }: AppConfig): Promise<PolicyName> {
  if (expertPolicy !== 'auto') return expertPolicy;
  return (await latestChoice(dataDir))?.policy ?? DEFAULT_POLICY;
}
