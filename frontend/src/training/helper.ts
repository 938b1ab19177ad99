import { CONTROL, instantiateTraining } from '../../../src/learning/trainer/training-kernel.js';

/** What a helper thread is started with. */
export interface HelperStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

globalThis.addEventListener(
  'message',
  ({ data: { module, memory, thread } }: MessageEvent<HelperStart>) => {
    const kernel = instantiateTraining(module, memory);
    globalThis.postMessage('ready');
    // Never returns until the leader says stop: between operations it sleeps inside the kernel.
    kernel.help(CONTROL, thread);
    globalThis.close();
  },
  { once: true },
);
