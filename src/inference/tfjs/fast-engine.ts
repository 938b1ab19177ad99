import { Worker } from 'node:worker_threads';
import { SMALL_YOUNG_HEAP } from '../../common/thread-heap.js';
import { Engine, type EngineLimits, type StartThreads } from '../kernel/index.js';
import type { BackendWish } from './backend-names.js';
import type { FastThreadData } from './lane.js';

/** What the fast lane is started with. */
export interface FastEngineOptions {
  readonly backend: BackendWish;
  readonly limits: EngineLimits;
  /** Node.js options of the thread. */
  readonly execArgv?: readonly string[];
}

/**
 * Starts the engine that computes through TensorFlow.js, which is loaded in its thread only. After a crash it takes the same
 * backend again, as receipts name it. Rejects with `ENGINE_SELF_TEST`, saying what to install.
 */
export async function startFastEngine({ backend, limits, execArgv }: FastEngineOptions): Promise<Engine> {
  let wish = backend;
  const startThreads: StartThreads = () => {
    const workerData: FastThreadData = { wish, limits };
    const worker = new Worker(new URL('./leader.js', import.meta.url), {
      ...{ workerData, name: 'tfjs', resourceLimits: SMALL_YOUNG_HEAP },
      execArgv: execArgv && [...execArgv],
    });
    return [{ label: 'tfjs', worker }];
  };
  const engine = await Engine.startFast(startThreads);
  wish = engine.lane!.backend as BackendWish;
  return engine;
}
