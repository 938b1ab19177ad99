import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { SMALL_YOUNG_HEAP } from '../../../common/thread-heap.js';
import type { EngineLimits } from '../engine-core.js';
import { createKernelMemory } from '../kernel.js';
import { MOST_LOADS, type LoaderData } from './loader-protocol.js';
import type { ThreadData } from './protocol.js';
import type { GroupThread } from './thread-group.js';

/** What the kernel's threads are started with. */
export interface KernelThreadOptions {
  readonly module: WebAssembly.Module;
  readonly kernelHash: string;
  readonly threads: number;
  readonly limits: EngineLimits;
  /** Node.js options of the threads. */
  readonly execArgv?: readonly string[];
}

/** Starts the leader, its helpers and, where experts are prefetched, the loader, over one shared memory. */
export function startKernelThreads(options: KernelThreadOptions): GroupThread[] {
  const { execArgv, ...data } = options;
  const memory = createKernelMemory();
  const channel = options.limits.experts?.prefetch === true ? new MessageChannel() : null;
  const states = new SharedArrayBuffer(MOST_LOADS * 4);
  const start = (file: string, label: string, workerData: ThreadData | LoaderData, port?: MessagePort) => {
    const url = new URL(file, import.meta.url);
    const transferList = port === undefined ? [] : [port];
    const name = `kernel-${label}`;
    const worker = new Worker(url, {
      ...{ workerData, name, transferList, resourceLimits: SMALL_YOUNG_HEAP },
      execArgv: execArgv && [...execArgv],
    });
    return { label, worker };
  };
  const threads = Array.from({ length: options.threads }, (_, thread) => {
    const port = thread === 0 ? channel?.port1 : undefined;
    const loader = port && { port, states };
    const file = thread === 0 ? './leader.js' : './helper.js';
    return start(file, String(thread), { ...data, memory, thread, loader }, port);
  });
  if (channel !== null) {
    const link = { port: channel.port2, states };
    threads.push(start('./loader.js', 'loader', { memory, link }, channel.port2));
  }
  return threads;
}
