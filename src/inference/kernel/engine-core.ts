import { CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import type { BlockFailureHandler, BlockSource, EngineModel } from './block-source.js';
import { DenseStore } from './dense-store.js';
import { LocalExpertExecutor } from './executor.js';
import { ExpertCache } from './expert-cache.js';
import type { Kernel } from './kernel.js';
import { ModelLoader, type LoadedModel } from './model.js';
import { kvBudgetExceeded, PagePool } from './page-pool.js';
import { ForwardPass } from './pass.js';
import { PAGE_POSITIONS } from './abi.js';
import {
  checkWork,
  type ExpertUse,
  type GenerateEvent,
  type GenerateResult,
  type ReplayResult,
  type Work,
} from './requests.js';
import { Scheduler, type Sequence } from './scheduler.js';
import type { EngineStats } from './stats.js';
import { GenerateTask, LogitsTask, ReplayTask } from './tasks.js';

/** Requests that may wait besides those that run; callers queue with more care (deadlines, 429). */
const QUEUE_LIMIT = 1024;
const ROUTING_INTERVAL_MS = 100;

/** What comes of a request, by its kind. */
export type WorkResult = GenerateResult | ReplayResult | readonly Float32Array[];

/** Who asked for something. */
export interface WorkSink {
  event(event: GenerateEvent): void;
  done(result: Result<WorkResult>): void;
}

/** Limits of an engine. */
export interface EngineLimits {
  readonly expertCacheBytes: number;
  readonly kvCacheBytes: number;
  /** Sequences that run at the same time. */
  readonly maxStreams: number;
}

/** What an engine is made of. */
export interface EngineComponents {
  readonly kernel: Kernel;
  readonly source: BlockSource;
  readonly kernelHash: string;
  readonly sha256: Sha256;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly blockFailed?: BlockFailureHandler;
}

interface Ticket {
  readonly id: number;
  readonly work: Work;
  readonly sink: WorkSink;
  readonly submitted: number;
  sequence?: Sequence;
}

/**
 * Models, queue and batches on one kernel, without any thread or file of its own: the worker that leads the threads, tests and
 * benchmarks drive it by calling `step` while it is `busy`.
 */
export class EngineCore {
  private readonly dense: DenseStore;
  private readonly cache: ExpertCache;
  private readonly pages: PagePool;
  private readonly scheduler: Scheduler;
  private readonly models = new Map<string, LoadedModel>();
  private readonly queue: Ticket[] = [];
  private readonly running = new Map<number, Ticket>();
  private readonly counters = {
    tokensGenerated: 0,
    promptTokens: 0,
    steps: 0,
    rows: 0,
    stepMs: 0,
    longestStepMs: 0,
  };

  constructor(
    private readonly components: EngineComponents,
    private readonly limits: EngineLimits,
  ) {
    const { kernel, source, now } = components;
    const blockFailed = components.blockFailed ?? (() => undefined);
    this.dense = new DenseStore(kernel.heap, source, blockFailed);
    this.cache = new ExpertCache(kernel.heap, source, limits.expertCacheBytes, now, blockFailed);
    this.pages = new PagePool(kernel.heap, limits.kvCacheBytes);
    this.scheduler = new Scheduler(new ForwardPass(kernel, new LocalExpertExecutor(kernel, this.cache)));
  }

  /** Whether `step` has something to do. */
  get busy(): boolean {
    return this.queue.length > 0 || this.running.size > 0;
  }

  /** Loads a model's dense blocks; loading it again does nothing. Refuses as `ModelLoader.load`. */
  load(model: EngineModel): Result<void> {
    if (this.models.has(model.release)) return ok();
    const loaded = ModelLoader.load(this.components.kernel, this.dense, model);
    if (!loaded.ok) return loaded;
    this.models.set(model.release, loaded.value);
    return ok();
  }

  /** Ends a model's requests with `MODEL_UNLOADED` and frees its memory, but for experts that another model shares. */
  unload(release: string): void {
    const model = this.models.get(release);
    if (!model) return;
    const gone = new CodedError('MODEL_UNLOADED', `release ${release} has been unloaded`, { release }, 503);
    for (const ticket of [...this.queue, ...this.running.values()]) {
      if (ticket.work.release === release) this.end(ticket, err(gone));
    }
    this.models.delete(release);
    model.unload();
    const needed = [...this.models.values()].flatMap((other) =>
      other.experts.map((e) => e.block.payloadHash),
    );
    this.cache.retain(new Set(needed));
  }

  /**
   * Queues a request. The sink is told at once of refusals: `MODEL_NOT_LOADED`, `ENGINE_BUSY`, `KV_BUDGET_EXCEEDED` and those of
   * `checkWork`.
   */
  submit(id: number, work: Work, sink: WorkSink): void {
    const refusal = this.refusal(work);
    if (refusal) return sink.done(err(refusal));
    this.queue.push({ id, work, sink, submitted: this.components.now() });
  }

  /** Ends a request; an answer keeps the tokens it has. Unknown ids are ignored. */
  cancel(id: number): void {
    const ticket = this.running.get(id) ?? this.queue.find((waiting) => waiting.id === id);
    if (!ticket) return;
    const cancelled = new CodedError('CANCELLED', 'the request was cancelled', {}, 499);
    const kept = ticket.work.kind === 'generate' ? ok(this.emptyAnswer(ticket)) : err(cancelled);
    if (ticket.sequence) ticket.sequence.finished(cancelled);
    else this.end(ticket, kept);
  }

  /** Lets waiting requests in and computes one batch. */
  step(): void {
    this.admit();
    const started = this.components.now();
    const rows = this.scheduler.step();
    const took = this.components.now() - started;
    this.counters.steps++;
    this.counters.rows += rows;
    this.counters.stepMs += took;
    this.counters.longestStepMs = Math.max(this.counters.longestStepMs, took);
  }

  /** Figures since the start. */
  stats(): EngineStats {
    return {
      ...this.counters,
      threads: this.components.kernel.threads,
      active: this.running.size,
      queued: this.queue.length,
      cache: this.cache.stats(),
      kv: {
        usedBytes: this.pages.usedBytes,
        reservedBytes: this.pages.reservedBytes,
        budget: this.pages.budget,
      },
      memoryBytes: this.components.kernel.heap.memory.buffer.byteLength,
      models: [...this.models.values()].map((model) => ({
        release: model.release,
        layers: model.config.layers,
        experts: model.experts.map((reference, i) => ({
          layer: Math.floor(i / model.config.experts),
          expert: i % model.config.experts,
          tokens: model.uses[i],
          resident: reference.slot?.live ?? false,
          loads: reference.loads,
          meanLoadMs: reference.loads > 0 ? reference.loadMs / reference.loads : 0,
        })),
      })),
    };
  }

  private refusal(work: Work): CodedError | undefined {
    const model = this.models.get(work.release);
    if (!model) {
      const message = `release ${work.release} is not loaded`;
      return new CodedError('MODEL_NOT_LOADED', message, { release: work.release }, 503);
    }
    const checked = checkWork(work, model.config);
    if (!checked.ok) return checked.error;
    const needed = Math.ceil(this.positionsOf(work, model) / PAGE_POSITIONS) * model.pageBytes;
    if (!this.pages.fits(needed)) return kvBudgetExceeded(needed, this.pages.budget);
    if (this.queue.length >= QUEUE_LIMIT) {
      return new CodedError('ENGINE_BUSY', `${QUEUE_LIMIT} requests are waiting already`, {}, 503);
    }
    return undefined;
  }

  private positionsOf(work: Work, model: LoadedModel): number {
    if (work.kind === 'logits') return work.ids.length;
    if (work.kind === 'replay') return work.promptIds.length + work.outputIds.length - 1;
    return Math.min(work.promptIds.length + work.maxTokens, model.config.maxPositions) - 1;
  }

  private admit(): void {
    while (this.queue.length > 0 && this.running.size < this.limits.maxStreams) {
      const ticket = this.queue[0];
      const model = this.models.get(ticket.work.release)!;
      const table = this.pages.open(this.positionsOf(ticket.work, model), model.pageBytes);
      if (!table.ok) this.end(ticket, table);
      else if (!table.value) return;
      else this.start(ticket, model, table.value);
    }
  }

  private start(ticket: Ticket, model: LoadedModel, table: Sequence['table']): void {
    this.queue.shift();
    this.running.set(ticket.id, ticket);
    const run = new Running(
      ticket,
      model,
      this.components,
      (result) => this.end(ticket, result),
      this.counters,
    );
    ticket.sequence = run.sequence(table);
    this.scheduler.add(ticket.sequence);
  }

  private end(ticket: Ticket, result: Result<WorkResult>): void {
    const waiting = this.queue.indexOf(ticket);
    if (waiting >= 0) this.queue.splice(waiting, 1);
    if (ticket.sequence) this.scheduler.remove(ticket.sequence);
    this.running.delete(ticket.id);
    ticket.sink.done(result);
  }

  private emptyAnswer(ticket: Ticket): GenerateResult {
    const queuedMs = this.components.now() - ticket.submitted;
    const timings = { queuedMs, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 };
    return { tokens: [], finish: 'cancelled', states: [], experts: [], timings };
  }
}

/** A request from its first step to its result. */
class Running {
  private readonly started: number;
  private firstToken = 0;
  private lastRouting: number;
  private reported: Uint32Array;
  private readonly usage: Uint32Array;
  private readonly task: GenerateTask | ReplayTask | LogitsTask;

  constructor(
    private readonly ticket: Ticket,
    private readonly model: LoadedModel,
    private readonly components: EngineComponents,
    private readonly end: (result: Result<WorkResult>) => void,
    private readonly counters: { tokensGenerated: number; promptTokens: number },
  ) {
    this.started = components.now();
    this.lastRouting = this.started;
    this.usage = new Uint32Array(model.experts.length);
    this.reported = new Uint32Array(model.experts.length);
    this.task = this.createTask(ticket.work);
    counters.promptTokens += this.task.given;
  }

  sequence(table: Sequence['table']): Sequence {
    return {
      task: this.task,
      model: this.model,
      table,
      usage: this.usage,
      computed: 0,
      progressed: () => this.progressed(),
      finished: (error) => this.finished(error),
    };
  }

  private createTask(work: Work): GenerateTask | ReplayTask | LogitsTask {
    if (work.kind === 'logits') return new LogitsTask(work);
    if (work.kind === 'replay')
      return new ReplayTask(work, this.components, (event) => this.ticket.sink.event(event));
    return new GenerateTask(work, this.model.config.maxPositions, this.components, (event) => {
      if (this.firstToken === 0) this.firstToken = this.components.now();
      this.counters.tokensGenerated++;
      this.ticket.sink.event(event);
    });
  }

  private progressed(): void {
    const { sink, sequence } = this.ticket;
    const done = sequence!.computed;
    if (done <= this.task.given) sink.event({ type: 'prefill', done, total: this.task.given });
    const now = this.components.now();
    if (now - this.lastRouting < ROUTING_INTERVAL_MS) return;
    this.lastRouting = now;
    const { layers, experts } = this.model.config;
    const since = this.usage.map((count, i) => count - this.reported[i]);
    this.reported = this.usage.slice();
    const counts = Array.from({ length: layers }, (_, l) => [
      ...since.subarray(l * experts, (l + 1) * experts),
    ]);
    sink.event({ type: 'routing', counts });
  }

  private finished(error: CodedError | undefined): void {
    const cancelledAnswer = error?.code === 'CANCELLED' && this.task instanceof GenerateTask;
    this.end(error && !cancelledAnswer ? err(error) : ok(this.result()));
  }

  private result(): WorkResult {
    const { task } = this;
    if (task instanceof LogitsTask) return task.logits;
    const experts = this.expertUses();
    if (task instanceof ReplayTask) {
      const { picks, digests, states, firstDifference } = task;
      return { picks, digests, states, firstDifference, experts };
    }
    const now = this.components.now();
    const first = this.firstToken || now;
    const { tokens, finish, states } = task;
    const timings = {
      queuedMs: this.started - this.ticket.submitted,
      prefillMs: first - this.started,
      decodeMs: now - first,
      firstTokenMs: first - this.ticket.submitted,
    };
    return { tokens, finish, states, experts, timings };
  }

  private expertUses(): ExpertUse[] {
    const perLayer = this.model.config.experts;
    const uses: ExpertUse[] = [];
    this.usage.forEach((tokens, i) => {
      if (tokens > 0) uses.push({ layer: Math.floor(i / perLayer), expert: i % perLayer, tokens });
    });
    return uses;
  }
}
