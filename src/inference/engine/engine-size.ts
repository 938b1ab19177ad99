import { availableParallelism } from 'node:os';
import type { AppConfig } from '../../config/index.js';
import { MAX_STREAMS } from '../kernel/index.js';
import { ENGINE_STREAMS } from './engine-factory.js';
import type { EngineSize, EngineTuning } from './engine-tuning.js';

/** A GPU computes many rows in the time of one. */
const FAST_STREAMS = 64;
const MOST_FAST_STREAMS = 256;

/** The size an engine started now would have; never more streams than its lane takes. */
export function engineSize(config: AppConfig, { size }: Pick<EngineTuning, 'size'>): EngineSize {
  const threads = size.threads ?? config.inferenceThreads;
  return {
    threads: threads === 0 ? availableParallelism() : threads,
    streams: engineStreams(config, size.streams),
    expertCacheMb: size.expertCacheMb ?? config.expertCacheMb,
    kvCacheMb: size.kvCacheMb ?? config.kvCacheMb,
  };
}

/** Answers the engine works on at once. @param tuned undefined: as many as its lane usually does */
export function engineStreams({ inferenceEngine }: AppConfig, tuned: number | undefined): number {
  const usual = inferenceEngine === 'tfjs' ? FAST_STREAMS : ENGINE_STREAMS;
  return Math.min(tuned ?? usual, mostStreams(inferenceEngine));
}

/** Answers an engine can work on at once at most: a batch of the kernel has so many rows of logits. */
export function mostStreams(engine: AppConfig['inferenceEngine']): number {
  return engine === 'tfjs' ? MOST_FAST_STREAMS : MAX_STREAMS;
}
