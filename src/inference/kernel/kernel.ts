import { COMMAND, CONTROL_BYTES, CONTROL_THREADS } from './abi.js';
import { KernelHeap } from './heap.js';

/** What the module exports; addresses and integers as JavaScript numbers. */
export interface KernelExports {
  /** Absent in kernels from before there was `Run.ends`, which have `execute` instead. */
  carryOut?(control: number, kind: number, layer: number, model: number, run: number): void;
  execute?(control: number, kind: number, layer: number, model: number, run: number): void;
  help(control: number, thread: number): void;
  greatestAt(values: number, count: number): number;
  frequencies(target: number, headDim: number, theta: number): void;
  yarnFrequencies(
    target: number,
    headDim: number,
    theta: number,
    factor: number,
    originalPositions: number,
    betaFast: number,
    betaSlow: number,
    truncate: boolean,
    attentionFactor: number,
  ): void;
  exp4Test(x: number): number;
  exp64(x: number): number;
  log64(x: number): number;
  sin64(x: number, quarter: number): number;
  matmul(
    matrix: number,
    kind: number,
    first: number,
    end: number,
    columns: number,
    count: number,
    inputs: number,
    outputs: number,
    wide: number,
  ): void;
  /** Absent in kernels from before they kept scales in 16 bits. */
  arrange?(matrix: number, tiles: number): number;
  quantizeRecord(record: number, columns: number): void;
  rmsNorm(x: number, weight: number, size: number, epsilon: number, output: number): void;
}

/** Address of the control block; below it nothing is used, so that a null pointer shows. */
export const CONTROL = 1024;

/** The shared linear memory, small at first: 64 KiB pages, growing up to 4 GiB. */
export function createKernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
}

/** Instantiates the kernel's code on a memory; every thread has an instance of its own. */
export function instantiateKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as KernelExports;
}

/** The leader's view of the kernel: memory, code and the command that all threads carry out together. */
export class Kernel {
  readonly heap: KernelHeap;
  private readonly entry: NonNullable<KernelExports['carryOut']>;
  /** Threads that passes may use; the self-test lowers it for a while. */
  threadLimit: number;

  private constructor(
    readonly exports: KernelExports,
    memory: WebAssembly.Memory,
    readonly threads: number,
  ) {
    this.threadLimit = threads;
    this.heap = new KernelHeap(memory, CONTROL + CONTROL_BYTES);
    const entry = exports.carryOut ?? exports.execute;
    if (entry === undefined) throw new Error('the module is no kernel: it has no entry');
    this.entry = entry;
    this.useThreads(threads);
  }

  /** Carries out further commands with only so many of the threads. */
  useThreads(count: number): void {
    this.heap.words(CONTROL + CONTROL_THREADS, 1)[0] = count;
  }

  /** @param threads all threads, this one included; the others call `help` on instances of their own */
  static create(module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number): Kernel {
    return new Kernel(instantiateKernel(module, memory), memory, threads);
  }

  /** Whether rows can end before the others; where not, every row goes through every layer. */
  get knowsEnds(): boolean {
    return this.exports.carryOut !== undefined;
  }

  /** Carries out one command with all threads. */
  execute(command: keyof typeof COMMAND, layer: number, model: number, run: number): void {
    this.entry(CONTROL, COMMAND[command], layer, model, run);
  }
}
