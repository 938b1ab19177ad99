import { CodedError, err, ok, type Result } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import type { EngineModel } from './block-source.js';
import { checkConstraint } from './constrained.js';
import { DenseStore } from './dense-store.js';
import { LocalExpertExecutor } from './executor.js';
import { ExpertCache } from './expert-cache.js';
import { ModelLoader, type LoadedModel } from './model.js';
import { kvBudgetExceeded, PagePool, type PageTable } from './page-pool.js';
import { ForwardPass } from './pass.js';
import { checkWork, positionsOf, type GenerateResult, type Work } from './requests.js';
import { Running, type EngineComponents, type Ticket, type WorkResult, type WorkSink } from './running.js';
import { Scheduler } from './scheduler.js';
import type { EngineStats, ExpertStats } from './stats.js';

export type { EngineComponents, WorkResult, WorkSink } from './running.js';

/** Requests that may wait besides those that run; callers queue with more care (deadlines, 429). */
const QUEUE_LIMIT = 1024;

/** Limits of an engine. */
export interface EngineLimits {
  readonly expertCacheBytes: number;
  readonly kvCacheBytes: number;
  /** Sequences that run at the same time. */
  readonly maxStreams: number;
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
    this.scheduler = new Scheduler(new ForwardPass(kernel, new LocalExpertExecutor(kernel, this.cache), now));
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
    const needed = [...this.models.values()].flatMap((other) => other.experts.map(({ key }) => key));
    this.cache.retain(new Set(needed));
  }

  /**
   * Queues a request. The sink is told at once of refusals: `MODEL_NOT_LOADED`, `ENGINE_BUSY`, `KV_BUDGET_EXCEEDED` and those of
   * `checkWork` and `checkConstraint`.
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
      models: [...this.models.values()].map(expertFigures),
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
    const constrained = checkConstraint(work, model.grammars);
    if (!constrained.ok) return constrained.error;
    const needed = Math.ceil(positionsOf(work, model.config) / PAGE_POSITIONS) * model.pageBytes;
    if (!this.pages.fits(needed)) return kvBudgetExceeded(needed, this.pages.budget);
    if (this.queue.length >= QUEUE_LIMIT) {
      return new CodedError('ENGINE_BUSY', `${QUEUE_LIMIT} requests are waiting already`, {}, 503);
    }
    return undefined;
  }

  private admit(): void {
    while (this.queue.length > 0 && this.running.size < this.limits.maxStreams) {
      const ticket = this.queue[0];
      const model = this.models.get(ticket.work.release)!;
      const table = this.pages.open(positionsOf(ticket.work, model.config), model.pageBytes);
      if (!table.ok) this.end(ticket, table);
      else if (!table.value) return;
      else this.start(ticket, model, table.value);
    }
  }

  private start(ticket: Ticket, model: LoadedModel, table: PageTable): void {
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

function expertFigures(model: LoadedModel): EngineStats['models'][number] {
  const { experts: perLayer, layers } = model.config;
  const experts = model.experts.map((reference, i): ExpertStats => ({
    layer: Math.floor(i / perLayer),
    expert: i % perLayer,
    tokens: model.uses[i],
    resident: reference.slot?.live ?? false,
    loads: reference.loads,
    meanLoadMs: reference.loads > 0 ? reference.loadMs / reference.loads : 0,
  }));
  return { release: model.release, layers, experts };
}
