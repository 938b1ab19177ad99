import { availableParallelism } from 'node:os';
import type { AppConfig } from '../../config/index.js';
import { Engine } from '../kernel/index.js';
import { ENGINE_STREAMS, type EngineFactory } from './engine-factory.js';
import type { EnginePort } from './engine-port.js';
import { kernelPath } from './kernel-path.js';

const MEBIBYTE = 2 ** 20;
/** Places in the engine's queue for replays and the like; answers are counted before they get there. */
const QUEUE_FOR_OTHERS = 256;

/** Starts the kernel's engine with what the configuration gives it. @param path the kernel file, `kernel.sha256` beside it */
export function kernelEngineFactory(config: AppConfig, path = kernelPath()): EngineFactory {
  return (): Promise<EnginePort> =>
    Engine.start({
      threads: config.inferenceThreads === 0 ? availableParallelism() : config.inferenceThreads,
      kernelPath: path,
      expertCacheBytes: config.expertCacheMb * MEBIBYTE,
      kvCacheBytes: config.kvCacheMb * MEBIBYTE,
      maxStreams: ENGINE_STREAMS,
      prefixCache: config.prefixCache,
      maxQueue: config.maxQueue + QUEUE_FOR_OTHERS,
    });
}
