import { availableParallelism } from 'node:os';
import type { AppConfig } from '../../config/index.js';
import { DEFAULT_POLICY, Engine, type EngineOptions, type PolicyName } from '../kernel/index.js';
import { startFastEngine } from '../tfjs/index.js';
import { ENGINE_STREAMS, type EngineFactory } from './engine-factory.js';
import { latestChoice } from '../cache-lab/policy-choice.js';
import type { EnginePort } from './engine-port.js';
import { kernelPath } from './kernel-path.js';

const MEBIBYTE = 2 ** 20;
/** Places in the engine's queue for replays and the like; answers are counted before they get there. */
const QUEUE_FOR_OTHERS = 256;
/** A GPU computes many rows in the time of one. */
const FAST_STREAMS = 64;

/** Starts the engine that the configuration names. */
export function configuredEngineFactory(config: AppConfig): EngineFactory {
  return config.inferenceEngine === 'tfjs' ? fastEngineFactory(config) : kernelEngineFactory(config);
}

/** Starts TensorFlow.js with what the configuration gives it; it has neither prefix cache nor speculation. */
function fastEngineFactory(config: AppConfig): EngineFactory {
  return () =>
    startFastEngine({
      backend: config.tfjsBackend,
      limits: {
        expertCacheBytes: config.expertCacheMb * MEBIBYTE,
        kvCacheBytes: config.kvCacheMb * MEBIBYTE,
        maxStreams: FAST_STREAMS,
        maxQueue: config.maxQueue + QUEUE_FOR_OTHERS,
      },
    });
}

/** Starts the kernel's engine with what the configuration gives it. @param path the kernel file, `kernel.sha256` beside it */
export function kernelEngineFactory(config: AppConfig, path = kernelPath()): EngineFactory {
  return async (): Promise<EnginePort> => Engine.start(await engineOptions(config, path));
}

/** What the configuration, and what cache-lab chose, make of an engine. */
export async function engineOptions(config: AppConfig, path = kernelPath()): Promise<EngineOptions> {
  return {
    threads: config.inferenceThreads === 0 ? availableParallelism() : config.inferenceThreads,
    kernelPath: path,
    expertCacheBytes: config.expertCacheMb * MEBIBYTE,
    kvCacheBytes: config.kvCacheMb * MEBIBYTE,
    maxStreams: ENGINE_STREAMS,
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

async function policyOf({ expertPolicy, dataDir }: AppConfig): Promise<PolicyName> {
  if (expertPolicy !== 'auto') return expertPolicy;
  return (await latestChoice(dataDir))?.policy ?? DEFAULT_POLICY;
}
