import { err, ok, type CodedError, type Result, type Sha256 } from '../../common/index.js';
import type { ExpertUse, GenerateEvent } from '../kernel/index.js';
import type { Ticket } from '../kernel/running.js';
import { GenerateTask } from '../kernel/tasks.js';
import { createTask, resultOf, type WorkResult, type WorkTask } from '../kernel/work-task.js';
import type { Computed } from './forward.js';
import { KeyValues } from './key-values.js';
import type { TensorModel } from './tensor-model.js';
import type { Tf } from './tensor-library.js';

const ROUTING_INTERVAL_MS = 100;

/** What streams share. */
export interface StreamComponents {
  readonly tf: Tf;
  readonly kernelHash: string;
  readonly sha256: Sha256;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** Tokens counted by the engine. */
export interface TokenCounters {
  tokensGenerated: number;
  promptTokens: number;
}

/** Where a stream's rows and logits begin in a batch that was computed. */
export interface StreamRows {
  readonly row: number;
  readonly count: number;
  readonly logitRow: number;
}

/** A request from its first batch to its result. */
export class TensorStream {
  readonly cache: KeyValues;
  /** Positions computed so far. */
  computed = 0;
  private readonly task: WorkTask;
  private readonly started: number;
  private readonly uses: Uint32Array;
  private reported: Uint32Array;
  private lastRouting: number;
  private firstToken = 0;
  /** The normed hidden states of the batch at hand. */
  private hidden: Float32Array | null = null;

  constructor(
    readonly ticket: Ticket,
    readonly model: TensorModel,
    private readonly components: StreamComponents,
    private readonly counters: TokenCounters,
  ) {
    this.cache = new KeyValues(components.tf);
    this.started = this.lastRouting = components.now();
    this.uses = new Uint32Array(model.experts.length);
    this.reported = this.uses.slice();
    this.task = this.createTask();
    counters.promptTokens += this.task.given;
  }

  /** Known ids that have not been computed. */
  get missing(): number {
    return this.task.ids.length - this.computed;
  }

  /** Whether its final hidden states are wanted. */
  get wantsHidden(): boolean {
    return this.ticket.work.kind === 'embed';
  }

  /** The next ids, and which of them are wanted as logits. */
  next(count: number): { readonly tokens: number[]; readonly logitRows: number[] } {
    const tokens = this.task.ids.slice(this.computed, this.computed + count);
    const logitRows = tokens.flatMap((_, i) => (this.task.wantsLogits(this.computed + i) ? [i] : []));
    return { tokens, logitRows };
  }

  /** Takes its part of a batch; the result, once there is one. */
  take({ row, count, logitRow }: StreamRows, computed: Computed): Result<WorkResult> | null {
    this.count(row, count, computed.routes);
    this.hidden = computed.hidden;
    let next = logitRow;
    for (let i = 0; i < count; i++) {
      const error = computed.failures.get(row + i);
      if (error) return err(error);
      const position = this.computed++;
      if ('computed' in this.task) this.task.computed(position, row + i);
      if (!this.task.wantsLogits(position)) continue;
      const facts = { route: () => this.routeOf(row + i, computed.routes) };
      if (this.task.take(position, computed.logits[next++], facts)) return ok(this.result());
    }
    this.progressed();
    return null;
  }

  /** What a request that ends early ends with: an answer that was cancelled keeps its tokens. */
  ended(error: CodedError): Result<WorkResult> {
    const kept = error.code === 'CANCELLED' && this.task instanceof GenerateTask;
    return kept ? ok(this.result()) : err(error);
  }

  private createTask(): WorkTask {
    const { work, sink } = this.ticket;
    const { config, grammars } = this.model;
    const { hiddenSize } = config;
    const norm = () => ({
      of: (row: number) => this.hidden!.subarray(row * hiddenSize, (row + 1) * hiddenSize),
    });
    const emit = (event: GenerateEvent) => {
      if (work.kind === 'generate') {
        if (this.firstToken === 0) this.firstToken = this.components.now();
        this.counters.tokensGenerated++;
      }
      sink.event(event);
    };
    return createTask(work, { ...this.components, config, grammars, norm, emit });
  }

  private wantsState(position: number): boolean {
    return this.wantsHidden || this.task.wantsLogits(position);
  }

  /** Experts that a row of a batch went through: [layer, rank]. */
  private routeOf(row: number, routes: readonly Int32Array[]): Uint16Array {
    const { expertsPerToken } = this.model.config;
    const first = row * expertsPerToken;
    return Uint16Array.from(routes.flatMap((chosen) => [...chosen.subarray(first, first + expertsPerToken)]));
  }

  private count(row: number, count: number, routes: readonly Int32Array[]): void {
    const { experts, expertsPerToken } = this.model.config;
    routes.forEach((chosen, layer) => {
      for (let i = 0; i < count; i++) {
        // As the kernel does: the last layer's experts have a part in what is wanted of it only.
        if (layer + 1 === routes.length && !this.wantsState(this.computed + i)) continue;
        for (const expert of chosen.subarray((row + i) * expertsPerToken, (row + i + 1) * expertsPerToken))
          this.uses[layer * experts + expert]++;
      }
    });
  }

  private progressed(): void {
    const { sink } = this.ticket;
    const { given } = this.task;
    if (this.computed <= given) sink.event({ type: 'prefill', done: this.computed, total: given });
    const now = this.components.now();
    if (now - this.lastRouting < ROUTING_INTERVAL_MS) return;
    this.lastRouting = now;
    const since = this.uses.map((uses, i) => uses - this.reported[i]);
    this.reported = this.uses.slice();
    const { layers, experts } = this.model.config;
    const counts = Array.from({ length: layers }, (_, l) => [
      ...since.subarray(l * experts, (l + 1) * experts),
    ]);
    sink.event({ type: 'routing', counts });
  }

  private result(): WorkResult {
    const now = this.components.now();
    const first = this.firstToken || now;
    const { submitted } = this.ticket;
    return resultOf(this.task, {
      experts: () => this.expertUses(),
      cachedTokens: 0,
      timings: () => ({
        queuedMs: this.started - submitted,
        prefillMs: first - this.started,
        decodeMs: now - first,
        firstTokenMs: first - submitted,
      }),
    });
  }

  private expertUses(): ExpertUse[] {
    const perLayer = this.model.config.experts;
    return [...this.uses].flatMap((tokens, i) =>
      tokens === 0 ? [] : [{ layer: Math.floor(i / perLayer), expert: i % perLayer, tokens }],
    );
  }
}
