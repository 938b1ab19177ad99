import { CodedError } from '../../../src/common/errors.js';
import { sha256Bytes } from '../../../src/common/hash.js';
import type { KernelThreads } from '../../../src/learning/run/training-job.js';
import { TRAINING_VECTOR, trainingVector } from '../../../src/learning/trainer/self-test.js';
import { createTrainingMemory, TrainingKernel } from '../../../src/learning/trainer/training-kernel.js';
import type { HelperStart } from './helper.js';

/** Compiles the training kernel; throws `TRAINING_KERNEL` where this browser computes other bits with it than it should. */
export function compileTraining(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const module = new WebAssembly.Module(bytes);
  if (trainingVector(module, sha256Bytes) === TRAINING_VECTOR) return module;
  const message = 'the training kernel computes other bits in this browser than it should';
  throw new CodedError('TRAINING_KERNEL', message, { expected: TRAINING_VECTOR });
}

/**
 * The calling worker as leader and workers of its own as helpers, which are all up before this resolves: a leader that computes cannot
 * start any.
 * @param longest tokens of the longest sequence
 */
export async function startThreads(
  module: WebAssembly.Module,
  threads: number,
  longest: number,
): Promise<KernelThreads> {
  const memory = createTrainingMemory();
  const kernel = TrainingKernel.create(module, memory, threads, longest);
  const helpers = Array.from({ length: threads - 1 }, (_, i) =>
    startHelper({ module, memory, thread: i + 1 }),
  );
  await Promise.all(helpers);
  return { kernel, stop: () => Promise.resolve(kernel.stop()) };
}

function startHelper(start: HelperStart): Promise<void> {
  return new Promise((resolve, reject) => {
    const helper = new Worker(new URL('./helper.ts', import.meta.url), { type: 'module' });
    helper.addEventListener('message', () => resolve(), { once: true });
    helper.addEventListener('error', ({ message }) =>
      reject(new CodedError('TRAINING_THREADS', `a thread did not start: ${message}`)),
    );
    helper.postMessage(start);
  });
}
