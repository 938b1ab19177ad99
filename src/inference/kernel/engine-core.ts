import { err, ok, type CodedError, type Result } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import { admit } from './admission.js';
import type { EngineModel } from './block-source.js';
import { checkConstraint } from './constrained.js';
import { DenseStore } from './dense-store.js';
import { LocalExpertExecutor } from './executor.js';
import { ExpertCache } from './expert-cache.js';
import type { ExpertOptions } from './expert-options.js';
import { ModelLoader, type LoadedModel } from './model.js';
import { kvBudgetExceeded, PagePool } from './page-pool.js';
import type { PageTable } from './page-table.js';
import { ForwardPass } from './pass.js';
import { PageNames } from './prefix-cache.js';
import { Prefetcher } from './prefetcher.js';
import { cancelled, engineBusy, modelNotLoaded, modelUnloaded, waitedTooLong } from './refusals.js';
import { checkWork, positionsOf, reusablePositions, type Work } from './requests.js';
import { RouterForesight } from './router-foresight.js';
import { Running, type EngineComponents, type Ticket, type WorkResult, type WorkSink } from './running.js';
import { Scheduler } from './scheduler.js';
import { SpeculationCounters } from './speculation.js';
import type { EngineStats, ExpertStats } from './stats.js';
import { RoutingRecorder } from './trace/routing-recorder.js';
import { WaitingQueue } from './waiting-queue.js';
import { emptyAnswer } from './work-task.js';

export type { EngineComponents, WorkResult, WorkSink } from './running.js';

/** Requests that may wait besides those that run, unless a caller that counts them itself says otherwise. */
const QUEUE_LIMIT = 1024;

/** Limits of an engine. */
export interface EngineLimits {
  readonly expertCacheBytes: number;
  readonly kvCacheBytes: number;
  /** Sequences that run at the same time. */
  readonly maxStreams: number;
  readonly experts?: ExpertOptions;
  /** Whether requests that begin with the same tokens share pages; true when undefined. */
  readonly prefixCache?: boolean;
  /** Requests that may wait besides those that run; 1,024 when undefined. */
  readonly maxQueue?: number;
  /** Whether tokens are guessed from the text so far and verified several at once, unless a request says; false when undefined. */
  readonly speculation?: boolean;
  /** Rows of a batch at most; as many as the kernel takes when undefined. */
  readonly batchRows?: number;
}

/**
 * Models, queue and batches on one kernel, without any thread or file of its own: the worker that leads the threads, tests and
 * benchmarks drive it by calling `step` while it is `busy`.
 */
export class EngineCore {
  private readonly dense: DenseStore;
  private readonly cache: ExpertCache;
  private readonly recorder: RoutingRecorder | null;
  private readonly prefetcher: Prefetcher | null;
  private readonly pages: PagePool;
  private readonly scheduler: Scheduler;
  private readonly models = new Map<string, LoadedModel>();
  private readonly queue = new WaitingQueue();
  private readonly running = new Map<number, Ticket>();
  private readonly speculation = new SpeculationCounters();
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
    const { policy, traceBytes = 0 } = limits.experts ?? {};
    const background = components.background ?? null;
    const { heap } = kernel;
    this.cache = new ExpertCache(
      kernel,
      source,
      limits.expertCacheBytes,
      now,
      blockFailed,
      policy,
      background,
    );
    this.recorder = traceBytes === 0 ? null : new RoutingRecorder(traceBytes, true);
    this.pages = new PagePool(kernel.heap, limits.kvCacheBytes);
    const looks = this.recorder !== null || background !== null;
    this.prefetcher = looks
      ? new Prefetcher(new RouterForesight(heap), this.cache, this.recorder, background !== null)
      : null;
    const executor = new LocalExpertExecutor(kernel, this.cache, this.recorder, this.prefetcher);
    const reclaim = heap.reclaim;
    heap.reclaim = () => this.pages.evict() || reclaim();
    this.scheduler = new Scheduler(new ForwardPass(kernel, executor, now), now, limits.batchRows);
  }

  /** Whether `step` has something to do. */
  get busy(): boolean {
    return this.queue.size > 0 || this.running.size > 0;
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
    for (const ticket of [...this.queue.inOrder(), ...this.running.values()]) {
      if (ticket.work.release === release) this.end(ticket, err(modelUnloaded(release)));
    }
    this.models.delete(release);
    this.pages.forget(release);
    model.unload();
    const needed = [...this.models.values()].flatMap((other) =>
      other.experts.flatMap((reference) => reference?.key ?? []),
    );
    this.cache.retain(new Set(needed));
  }

  /**
   * Queues a request. The sink is told at once of refusals: `MODEL_NOT_LOADED`, `ENGINE_BUSY`, `KV_BUDGET_EXCEEDED` and those of
   * `checkWork` and `checkConstraint`.
   * @param waitedMs how long it has waited elsewhere: it counts for its turn, its deadline and its figures
   */
  submit(id: number, asked: Work, sink: WorkSink, waitedMs = 0): void {
    const { speculation = false } = this.limits;
    const work = asked.kind === 'generate' ? { speculative: speculation, ...asked } : asked;
    const refusal = this.refusal(work);
    if (refusal) return sink.done(err(refusal));
    const names = this.sharesPages(work) ? new PageNames(work.release, this.components.sha256) : null;
    this.queue.add({ id, work, names, sink, submitted: this.components.now() - waitedMs });
  }

  /** Ends a request; an answer keeps the tokens it has. Unknown ids are ignored. */
  cancel(id: number): void {
    const ticket = this.running.get(id) ?? this.queue.find(id);
    if (!ticket) return;
    const kept =
      ticket.work.kind === 'generate'
        ? ok(emptyAnswer(this.components.now() - ticket.submitted))
        : err(cancelled());
    if (ticket.sequence) ticket.sequence.finished(cancelled());
    else this.end(ticket, kept);
  }

  /** Refuses requests that waited too long (`ANSWER_TIMEOUT`), lets others in, and computes one batch. */
  step(): void {
    const started = this.components.now();
    for (const ticket of this.queue.expired(started)) this.end(ticket, err(waitedTooLong(ticket.work)));
    this.admit(started);
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
      queued: this.queue.size,
      cache: this.cache.stats(),
      foresight: this.prefetcher?.stats() ?? null,
      kv: {
        usedBytes: this.pages.usedBytes,
        reservedBytes: this.pages.reservedBytes,
        budget: this.pages.budget,
      },
      prefixCache: this.pages.prefixes.stats(),
      speculation: { ...this.speculation },
      memoryBytes: this.components.kernel.heap.memory.buffer.byteLength,
      models: [...this.models.values()].map(expertFigures),
    };
  }

  /** The routing of a release's latest passes as a trace file has it; null when none was recorded. */
  trace(release: string): Uint8Array | null {
    return this.recorder?.read(release) ?? null;
  }

  private refusal(work: Work): CodedError | undefined {
    const model = this.models.get(work.release);
    if (!model) return modelNotLoaded(work.release);
    const checked = checkWork(work, model.config);
    if (!checked.ok) return checked.error;
    const constrained = checkConstraint(work, model.grammars);
    if (!constrained.ok) return constrained.error;
    const needed = Math.ceil(positionsOf(work, model.config) / PAGE_POSITIONS) * model.pageBytes;
    if (!this.pages.fits(needed)) return kvBudgetExceeded(needed, this.pages.budget);
    const most = this.limits.maxQueue ?? QUEUE_LIMIT;
    return this.queue.size >= most ? engineBusy(most) : undefined;
  }

  private admit(now: number): void {
    if (this.queue.size === 0) return;
    const { maxStreams } = this.limits;
    const running = this.running.values();
    const open = (ticket: Ticket) => this.openTable(ticket);
    for (const [ticket, table] of admit(this.queue, { running, maxStreams, now, open })) {
      if (table.ok) this.start(ticket, table.value);
      else this.end(ticket, table);
    }
  }

  private openTable({ work, names }: Ticket): ReturnType<PagePool['open']> {
    const model = this.models.get(work.release)!;
    return this.pages.open({
      positions: positionsOf(work, model.config),
      pageBytes: model.pageBytes,
      counts: model.experts.length,
      pagedCounts: model.pagedCounts,
      names,
      ids: 'ids' in work ? work.ids : work.promptIds,
      reusable: reusablePositions(work),
    });
  }

  /** Replays and raw logits are computed anew, so that they can show what is wrong with memory. */
  private sharesPages({ kind }: Work): boolean {
    return kind === 'generate' && this.limits.prefixCache !== false;
  }

  private start(ticket: Ticket, table: PageTable): void {
    const model = this.models.get(ticket.work.release)!;
    this.queue.remove(ticket);
    this.running.set(ticket.id, ticket);
    ticket.sink.begun?.();
    const end = (result: Result<WorkResult>) => this.end(ticket, result);
    const run = new Running(ticket, model, this.components, end, this.counters, this.speculation);
    ticket.sequence = run.sequence(table);
    this.scheduler.add(ticket.sequence);
  }

  private end(ticket: Ticket, result: Result<WorkResult>): void {
    this.queue.remove(ticket);
    if (ticket.sequence) this.scheduler.remove(ticket.sequence);
    this.running.delete(ticket.id);
    ticket.sink.done(result);
  }
}

function expertFigures(model: LoadedModel): EngineStats['models'][number] {
  const { experts: perLayer, layers } = model.config;
  const experts = model.experts.flatMap((reference, i): ExpertStats[] => {
    if (reference === null) return [];
    const { slot, loads, loadMs } = reference;
    return [
      {
        ...{ layer: Math.floor(i / perLayer), expert: i % perLayer, tokens: model.uses[i] },
        ...{ resident: slot?.live ?? false, loads, meanLoadMs: loads > 0 ? loadMs / loads : 0 },
      },
    ];
  });
  return { release: model.release, layers, experts };
}
