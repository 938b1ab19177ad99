import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createTrainingMemory, TrainingKernel } from '../training-kernel.js';
import { compileTraining } from './compile-training.js';

/** What a helper is started with. */
export interface HelperData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

/** How training is to be carried out; nothing of it changes a bit of what is learnt. */
export interface TrainingThreadOptions {
  /** Path of the built training kernel. */
  readonly kernelPath: string;
  /** All threads, the calling one included. */
  readonly threads: number;
  /** Tokens of the longest sequence. */
  readonly longest: number;
  /** Node.js options of the helpers. */
  readonly execArgv?: readonly string[];
}

/** The calling thread as leader, and its helpers over one shared memory. */
export class TrainingThreads {
  private constructor(
    readonly kernel: TrainingKernel,
    private readonly helpers: readonly Worker[],
  ) {}

  /** Starts the helpers; they sleep until there is something to do. */
  static start({ kernelPath, threads, longest, execArgv }: TrainingThreadOptions): TrainingThreads {
    const module = compileTraining(Uint8Array.from(readFileSync(kernelPath)));
    const memory = createTrainingMemory();
    const kernel = TrainingKernel.create(module, memory, threads, longest);
    const helpers = Array.from({ length: threads - 1 }, (_, i) => {
      const workerData: HelperData = { module, memory, thread: i + 1 };
      const options = { workerData, name: `training-${i + 1}`, execArgv: execArgv && [...execArgv] };
      return new Worker(new URL('./helper.js', import.meta.url), options);
    });
    return new TrainingThreads(kernel, helpers);
  }

  /** Ends the helpers. */
  async stop(): Promise<void> {
    this.kernel.stop();
    await Promise.all(this.helpers.map((helper) => helper.terminate()));
  }
}
