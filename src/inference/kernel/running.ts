import { err, ok, type CodedError, type Result, type Sha256 } from '../../common/index.js';
import type { BackgroundLoader } from './background-loader.js';
import type { BlockFailureHandler, BlockSource } from './block-source.js';
import type { Kernel } from './kernel.js';
import type { LoadedModel } from './model.js';
import type { PageNames } from './prefix-cache.js';
import type { ExpertUse, GenerateEvent, GenerateResult, Work } from './requests.js';
import type { Sequence } from './scheduler.js';
import { FinalNorm } from './final-norm.js';
import { Speculation, type SpeculationCounters } from './speculation.js';
import { GenerateTask } from './tasks.js';
import { createTask, resultOf, type WorkResult, type WorkTask } from './work-task.js';

export type { WorkResult } from './work-task.js';

const ROUTING_INTERVAL_MS = 100;

/** Who asked for something. */
export interface WorkSink {
  /** It has its first turn; nothing of it has been computed yet. */
  begun?(): void;
  event(event: GenerateEvent): void;
  done(result: Result<WorkResult>): void;
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
  /** Where present, experts are loaded while the kernel computes. */
  readonly background?: BackgroundLoader;
}

/** A request and whom it is for. */
export interface Ticket {
  readonly id: number;
  readonly work: Work;
  /** Names of its pages; null: the prefix cache has no part in it. */
  readonly names: PageNames | null;
  readonly sink: WorkSink;
  readonly submitted: number;
  /** Since when it would have had its turn but for the key/value cache; undefined before. */
  blockedSince?: number;
  sequence?: Sequence;
}

/** A request from its first step to its result. */
export class Running {
  private readonly started: number;
  private firstToken = 0;
  private lastRouting: number;
  private reported: Uint32Array;
  private readonly task: WorkTask;

  constructor(
    private readonly ticket: Ticket,
    private readonly model: LoadedModel,
    private readonly components: EngineComponents,
    private readonly end: (result: Result<WorkResult>) => void,
    private readonly counters: { tokensGenerated: number; promptTokens: number },
    private readonly speculation: SpeculationCounters,
  ) {
    this.started = components.now();
    this.lastRouting = this.started;
    this.reported = new Uint32Array(model.experts.length);
    this.task = this.createTask(ticket.work);
    counters.promptTokens += this.task.given;
  }

  sequence(table: Sequence['table']): Sequence {
    return {
      task: this.task,
      model: this.model,
      table,
      priority: this.ticket.work.priority ?? 'inference',
      computed: table.reused,
      ...(speculates(this.ticket.work) ? { speculation: new Speculation(this.speculation) } : {}),
      progressed: () => this.progressed(),
      finished: (error) => this.finished(error),
    };
  }

  private createTask(work: Work): WorkTask {
    const { kernelHash, sha256, kernel } = this.components;
    const { config, grammars } = this.model;
    const norm = () => new FinalNorm(kernel, this.model);
    const emit = (event: GenerateEvent) => {
      if (work.kind === 'generate') {
        if (this.firstToken === 0) this.firstToken = this.components.now();
        this.counters.tokensGenerated++;
      }
      this.ticket.sink.event(event);
    };
    return createTask(work, { kernelHash, sha256, config, grammars, norm, emit });
  }

  private progressed(): void {
    const { sink, sequence } = this.ticket;
    const done = sequence!.computed;
    if (done <= this.task.given) sink.event({ type: 'prefill', done, total: this.task.given });
    const now = this.components.now();
    if (now - this.lastRouting < ROUTING_INTERVAL_MS) return;
    this.lastRouting = now;
    const { layers, experts } = this.model.config;
    const usage = sequence!.table.usage();
    const since = usage.map((count, i) => count - this.reported[i]);
    this.reported = usage;
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
    return resultOf(this.task, {
      experts: () => this.expertUses(),
      cachedTokens: this.ticket.sequence!.table.reused,
      timings: () => this.timings(),
    });
  }

  private timings(): GenerateResult['timings'] {
    const now = this.components.now();
    const first = this.firstToken || now;
    return {
      queuedMs: this.started - this.ticket.submitted,
      prefillMs: first - this.started,
      decodeMs: now - first,
      firstTokenMs: first - this.ticket.submitted,
    };
  }

  private expertUses(): ExpertUse[] {
    const perLayer = this.model.config.experts;
    const uses: ExpertUse[] = [];
    this.ticket.sequence!.table.usage().forEach((tokens, i) => {
      if (tokens > 0) uses.push({ layer: Math.floor(i / perLayer), expert: i % perLayer, tokens });
    });
    return uses;
  }
}

function speculates(work: Work): boolean {
  return work.kind === 'generate' && work.speculative !== false;
}
