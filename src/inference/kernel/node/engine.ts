import { CodedError, ok, type Result } from '../../../common/index.js';
import type { EngineModel } from '../block-source.js';
import type { EngineLimits } from '../engine-core.js';
import type {
  EmbedRequest,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  LogitsRequest,
  ReplayRequest,
  ReplayResult,
  ScoreRequest,
  Work,
} from '../requests.js';
import type { FastLane } from '../lane.js';
import { MAX_LOGIT_ROWS } from '../run-state.js';
import type { TokenScore } from '../score-task.js';
import type { SelfTestResult } from '../self-test.js';
import type { EngineStats } from '../stats.js';
import { compileKernel } from './compile-kernel.js';
import { firstRight, type Attempt, type KernelCompilation } from './kernel-compilation.js';
import { readKernel } from './kernel-file.js';
import { startKernelThreads } from './kernel-threads.js';
import type { BlockFailure, Reply } from './protocol.js';
import type { StartThreads } from './thread-group.js';
import { ThreadsSupervisor } from './threads-supervisor.js';

/** What an engine is started with. At most 32 of `maxStreams` are taken. */
export interface EngineOptions extends EngineLimits {
  /** Threads that compute, at least 1. */
  readonly threads: number;
  /** The WebAssembly file; `kernel.sha256` beside it holds the hash recorded when it was built. */
  readonly kernelPath: string;
  /** Node.js options of the threads; for tests that run from source. */
  readonly execArgv?: readonly string[];
  /** `plain` does not try V8's joined operations: for comparisons. */
  readonly compilation?: 'plain';
  /** Compiles the kernel; tests put a wrong one in its place. */
  readonly compile?: typeof compileKernel;
}

/** A running request for an answer. */
export interface Generation {
  readonly id: number;
  /** Ends it soon; the answer keeps the tokens it has. */
  cancel(): void;
  readonly done: Promise<Result<GenerateResult>>;
}

/** Who waits for a computation without an answer's events. */
export interface WorkListener {
  /** Ends the work soon, with `CANCELLED`. */
  readonly signal: AbortSignal;
  /** The work has gone on by a step. */
  readonly progress: () => void;
}

/** Nobody who could leave. */
const NOBODY: WorkListener = { signal: AbortSignal.any([]), progress: () => undefined };

/** What an engine is called in receipts, and how it came to be. */
interface EngineIdentity {
  readonly kernelHash: string;
  readonly lane: FastLane | null;
  readonly compilation?: KernelCompilation;
}

/**
 * The engine as the server sees it: starts the threads, checks the kernel against the known vector before anything is computed,
 * and starts everything anew, with the same models and the requests that had not begun, when a thread dies.
 */
export class Engine {
  private readonly threads: ThreadsSupervisor;

  private constructor(
    startThreads: StartThreads,
    private identity: EngineIdentity,
  ) {
    this.threads = new ThreadsSupervisor(startThreads);
  }

  /**
   * Rejects with a `CodedError`: `KERNEL_MISSING`, `KERNEL_CHANGED` (the file is not what was built) or `KERNEL_SELF_TEST`.
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const {
      threads,
      kernelPath,
      execArgv,
      compilation: wanted,
      compile = compileKernel,
      ...wished
    } = options;
    const { bytes, kernelHash } = await readKernel(kernelPath);
    const limits = { ...wished, maxStreams: Math.min(wished.maxStreams, MAX_LOGIT_ROWS) };
    const begin = async (name: KernelCompilation['name']): Promise<Attempt<Engine>> => {
      const module = compile(bytes, name === 'joined');
      const startThreads = () => startKernelThreads({ module, kernelHash, threads, limits, execArgv });
      const engine = new Engine(startThreads, { kernelHash, lane: null });
      const test = await engine.selfTest();
      if (!test.ok) await engine.stop();
      return { engine, test };
    };
    const plain = { name: 'plain', fallback: null } as const;
    const { engine, test, compilation } =
      wanted === 'plain' ? { ...(await begin('plain')), compilation: plain } : await firstRight(begin);
    const { ok: right, detail, expected, actual } = test;
    if (!right) throw new CodedError('KERNEL_SELF_TEST', detail, { expected, actual }, 503);
    engine.identity = { kernelHash, lane: null, compilation };
    return engine;
  }

  /** How the kernel was compiled, and why not otherwise; undefined where something else computes. */
  get compilation(): KernelCompilation | undefined {
    return this.identity.compilation;
  }

  /**
   * An engine whose threads compute with something else than the kernel, and say with what in their self-test. Rejects with
   * `ENGINE_SELF_TEST` (503) and what they say otherwise.
   */
  static async startFast(startThreads: StartThreads): Promise<Engine> {
    const engine = new Engine(startThreads, { kernelHash: '', lane: null });
    const { ok: right, detail, lane } = await engine.selfTest();
    if (!right || lane === undefined) {
      await engine.stop();
      throw new CodedError('ENGINE_SELF_TEST', detail, {}, 503);
    }
    engine.identity = { kernelHash: lane.hash, lane };
    return engine;
  }

  /** SHA-256 of the kernel's file: its name in receipts. */
  get kernelHash(): string {
    return this.identity.kernelHash;
  }

  /** What computes in the kernel's place; null: the kernel does, and its bits can be had again. */
  get lane(): FastLane | null {
    return this.identity.lane;
  }

  /**
   * Runs the built-in models (about 50 ms in all) and compares with the known vector, one small model at a time and only while no
   * request is there to be computed: none waits longer than for one of them, and the test waits for a pause.
   */
  async selfTest(): Promise<SelfTestResult> {
    const result = await this.threads.call<SelfTestResult>({ type: 'selfTest' });
    if (result.ok) return result.value;
    const { code, message } = result.error;
    return { ok: false, detail: message, expected: '', actual: '', refused: code };
  }

  /** Loads a model's dense blocks; experts follow when they are needed. Refuses as `ModelLoader.load` does. */
  load(model: EngineModel): Promise<Result<void>> {
    return this.threads.load(model);
  }

  /** Forgets a model; its running requests end with `MODEL_UNLOADED`. */
  unload(release: string): Promise<void> {
    return this.threads.unload(release);
  }

  /** Starts an answer. `on` is called from the event loop, with all events before `done` settles. */
  generate(request: GenerateRequest, on: (event: GenerateEvent) => void): Generation {
    const submission = this.threads.submit({ kind: 'generate', ...request }, on);
    const done = submission.done as Promise<Result<GenerateResult>>;
    return { id: nextGeneration++, cancel: () => submission.cancel(), done };
  }

  /** Recomputes a recorded answer; `on` hears how many positions are done. */
  replay(
    request: ReplayRequest,
    listener: WorkListener = NOBODY,
    on: (done: number) => void = () => undefined,
  ): Promise<Result<ReplayResult>> {
    return this.compute<ReplayResult>({ kind: 'replay', ...request }, listener, on);
  }

  /** Logits of the last positions, in order: float32 [vocabSize] each. */
  logits(request: LogitsRequest, listener: WorkListener = NOBODY): Promise<Result<readonly Float32Array[]>> {
    return this.compute<readonly Float32Array[]>({ kind: 'logits', ...request }, listener);
  }

  /** The mean of the final hidden states of the ids, of length 1: float32 [hiddenSize]. */
  embed(request: EmbedRequest, listener: WorkListener): Promise<Result<Float32Array>> {
    return this.compute<Float32Array>({ kind: 'embed', ...request }, listener);
  }

  /** How likely the ids are, each after those before it: one score per id from the second on. */
  score(request: ScoreRequest, listener: WorkListener): Promise<Result<readonly TokenScore[]>> {
    return this.compute<readonly TokenScore[]>({ kind: 'score', ...request }, listener);
  }

  /** Figures since the threads were started. */
  async stats(): Promise<Result<EngineStats>> {
    const stats = await this.threads.call<EngineStats>({ type: 'stats' });
    const { compilation } = this.identity;
    if (!stats.ok || compilation === undefined) return stats;
    return ok({ ...stats.value, compilation: compilation.name });
  }

  /** The routing of a release's latest passes, as a trace file has it; null when none was recorded. */
  async trace(release: string): Promise<Result<Uint8Array | null>> {
    return this.threads.call<Uint8Array | null>({ type: 'trace', release });
  }

  /** A block turned out to be missing or corrupt. */
  on(event: 'blockFailed', handler: (failure: BlockFailure) => void): void;
  /** A thread died; the engine starts again by itself. */
  on(event: 'crashed', handler: (detail: string) => void): void;
  on(
    event: 'blockFailed' | 'crashed',
    handler: ((failure: BlockFailure) => void) | ((detail: string) => void),
  ): void {
    if (event === 'blockFailed') this.threads.onBlockFailed(handler as (failure: BlockFailure) => void);
    else this.threads.onCrashed(handler as (detail: string) => void);
  }

  /** Ends all threads; what runs is refused with `ENGINE_STOPPED`. */
  stop(): Promise<void> {
    return this.threads.stop();
  }

  /** Ends one thread as if it had died. For operators' drills and tests. */
  endThread(thread: number): Promise<void> {
    return this.threads.endThread(thread);
  }

  private async compute<T extends Reply>(
    work: Work,
    { signal, progress }: WorkListener,
    on: (done: number) => void = () => undefined,
  ): Promise<Result<T>> {
    const submission = this.threads.submit(work, (event) => {
      progress();
      if (event.type === 'prefill') on(event.done);
    });
    const onAbort = () => submission.cancel();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return (await submission.done) as Result<T>;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

let nextGeneration = 1;
