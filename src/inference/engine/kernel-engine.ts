import { CodedError } from '../../common/index.js';
import { cacheProblem, type AppConfig } from '../../config/index.js';
import { DEFAULT_POLICY, Engine, type EngineOptions, type PolicyName } from '../kernel/index.js';
import { startFastEngine } from '../tfjs/index.js';
import type { EngineFactory } from './engine-factory.js';
import { latestChoice } from '../cache-lab/policy-choice.js';
import type { EnginePort } from './engine-port.js';
import { engineSize } from './engine-size.js';
import { EngineTuning } from './engine-tuning.js';
import { kernelPath } from './kernel-path.js';

const MEBIBYTE = 2 ** 20;
/** Places in the engine's queue for replays and the like; answers are counted before they get there. */
const QUEUE_FOR_OTHERS = 256;

/** Starts the engine that the configuration names. */
export function configuredEngineFactory(config: AppConfig, tuning = new EngineTuning()): EngineFactory {
  return config.inferenceEngine === 'tfjs'
    ? fastEngineFactory(config, tuning)
    : kernelEngineFactory(config, kernelPath(), tuning);
}

/** Starts TensorFlow.js with what the configuration gives it; it has neither prefix cache nor speculation. */
function fastEngineFactory(config: AppConfig, tuning: EngineTuning): EngineFactory {
  return () => {
    const size = engineSize(config, tuning);
    return startFastEngine({
      backend: config.tfjsBackend,
      limits: {
        expertCacheBytes: size.expertCacheMb * MEBIBYTE,
        kvCacheBytes: size.kvCacheMb * MEBIBYTE,
        maxStreams: size.streams,
        maxQueue: config.maxQueue + QUEUE_FOR_OTHERS,
      },
    });
  };
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

async function policyOf({ expertPolicy, dataDir }: AppConfig): Promise<PolicyName> {
  if (expertPolicy !== 'auto') return expertPolicy;
  return (await latestChoice(dataDir))?.policy ?? DEFAULT_POLICY;
}
