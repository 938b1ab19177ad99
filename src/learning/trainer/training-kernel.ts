import { CodedError } from '../../common/index.js';
import { OPERATION, type Float } from './operations.js';

/** What the module exports; addresses and integers as JavaScript numbers. */
export interface TrainingExports {
  execute(control: number, kind: number, operation: number, scratch: number, scratchBytes: number): void;
  help(control: number, thread: number): void;
  stop(control: number): void;
  scratchBytes(longest: number): number;
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
  rotations(frequencies: number, headDim: number, positions: number, target: number): void;
}

/** Address of the control block; below it nothing is used, so that a null pointer shows. */
export const CONTROL = 1024;
const CONTROL_THREADS = 5; // word of the control block
const OPERATION_AT = 2048;
const HEAP_START = 4096;
const PAGE = 65536;
const MOST_PAGES = 65536;
const GROWTH_PAGES = 256;
/** Everything starts on a cache line. */
const ALIGNMENT = 64;

/** Shared linear memory, small at first, growing up to 4 GiB. */
export function createTrainingMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: MOST_PAGES, shared: true });
}

/** Instantiates the kernel's code on a memory; every thread has an instance of its own. */
export function instantiateTraining(module: WebAssembly.Module, memory: WebAssembly.Memory): TrainingExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as TrainingExports;
}

/**
 * The leader's view of the training kernel: its memory and the operations that all threads carry out together. Memory is handed
 * out from the front and given back by going back to a mark, as a step's activations are.
 */
export class TrainingKernel {
  private readonly scratch: number;
  private readonly scratchSize: number;
  private end = HEAP_START;

  private constructor(
    readonly exports: TrainingExports,
    private readonly memory: WebAssembly.Memory,
    threads: number,
    /** Tokens of the longest sequence. */
    readonly longest: number,
  ) {
    this.words(CONTROL, CONTROL_THREADS + 1)[CONTROL_THREADS] = threads;
    this.scratchSize = exports.scratchBytes(longest);
    this.scratch = this.allocate(this.scratchSize * threads);
  }

  /**
   * @param threads all threads, this one included; the others call `help` on instances of their own
   * @param longest tokens of the longest sequence
   */
  static create(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    threads: number,
    longest: number,
  ): TrainingKernel {
    return new TrainingKernel(instantiateTraining(module, memory), memory, threads, longest);
  }

  /** The address of so many bytes, not zeroed. Throws `TRAINING_MEMORY` when 4 GiB are not enough. */
  allocate(bytes: number): number {
    const place = this.end;
    const end = place + Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.grow(missing);
    this.end = end;
    return place;
  }

  /** Where memory that is handed out next begins. */
  mark(): number {
    return this.end;
  }

  /** Gives back all that was handed out since a mark. */
  release(mark: number): void {
    this.end = mark;
  }

  /** Carries out one operation with all threads. */
  execute(operation: keyof typeof OPERATION, ...words: readonly (number | Float)[]): void {
    const integers = this.words(OPERATION_AT, words.length);
    const floats = this.floats(OPERATION_AT, words.length);
    words.forEach((word, i) => {
      if (typeof word === 'number') integers[i] = word;
      else floats[i] = word.float;
    });
    this.exports.execute(CONTROL, OPERATION[operation], OPERATION_AT, this.scratch, this.scratchSize);
  }

  /** Ends the helpers. */
  stop(): void {
    this.exports.stop(CONTROL);
  }

  /** A view of float32 values, valid for good: shared memory never moves. */
  floats(address: number, length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.memory.buffer as unknown as SharedArrayBuffer, address, length);
  }

  /** A view of float64 values. */
  doubles(address: number, length: number): Float64Array<SharedArrayBuffer> {
    return new Float64Array(this.memory.buffer as unknown as SharedArrayBuffer, address, length);
  }

  /** A view of 32-bit integers. */
  words(address: number, length: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.memory.buffer as unknown as SharedArrayBuffer, address, length);
  }

  /** Writes integers to memory of their own. */
  placeWords(values: ArrayLike<number>): number {
    const address = this.allocate(values.length * 4);
    this.words(address, values.length).set(values);
    return address;
  }

  private grow(missing: number): void {
    const pages = this.memory.buffer.byteLength / PAGE;
    const wanted = Math.max(missing, Math.min(GROWTH_PAGES, MOST_PAGES - pages));
    if (pages + wanted > MOST_PAGES) throw this.full(wanted);
    try {
      this.memory.grow(wanted);
    } catch (thrown) {
      if (thrown instanceof RangeError) throw this.full(wanted);
      throw thrown;
    }
  }

  private full(pages: number): CodedError {
    const facts = { requested: pages * PAGE, used: this.end };
    return new CodedError('TRAINING_MEMORY', 'the memory for training is full: use smaller batches', facts);
  }
}
