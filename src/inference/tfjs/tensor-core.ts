import { CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import { admit } from '../kernel/admission.js';
import type { BlockFailureHandler, BlockSource } from '../kernel/block-source.js';
import { checkConstraint } from '../kernel/constrained.js';
import type { EngineModel, EngineLimits, EngineStats } from '../kernel/index.js';
import { kvBudgetExceeded } from '../kernel/page-pool.js';
import { cancelled, engineBusy, modelNotLoaded, modelUnloaded, waitedTooLong } from '../kernel/refusals.js';
import { checkWork, positionsOf, type Work } from '../kernel/requests.js';
import type { Ticket, WorkResult, WorkSink } from '../kernel/running.js';
import { WaitingQueue } from '../kernel/waiting-queue.js';
import { emptyAnswer } from '../kernel/work-task.js';
import { batchOf, type BatchShare } from './batch.js';
import { ExpertTensors } from './expert-tensors.js';
import { TensorForward } from './forward.js';
import { statsOf } from './tensor-stats.js';
import type { Tf } from './tensor-library.js';
import { denseBytes, loadTensorModel, type TensorModel } from './tensor-model.js';
import { TensorStream } from './tensor-stream.js';

/** Requests that may wait besides those that run, unless the limits say otherwise. */
const QUEUE_LIMIT = 1024;

/** What the engine is made of. */
export interface TensorComponents {
  readonly tf: Tf;
  readonly source: BlockSource;
  /** What stands in commitments where the kernel's hash does. */
  readonly kernelHash: string;
  readonly sha256: Sha256;
  readonly now: () => number;
  readonly blockFailed: BlockFailureHandler;
  /** Bytes of tensors that the backend can hold; undefined: as many as the device. */
  readonly memoryBytes?: number;
}

/**
 * Models, queue and batches on TensorFlow.js: the part of `EngineCore` that does not depend on the kernel. Its methods are called
 * between two steps, never during one.
 */
export class TensorCore {
  private readonly experts: ExpertTensors;
  private readonly forward: TensorForward;
  private readonly models = new Map<string, TensorModel>();
  private readonly queue = new WaitingQueue();
  private readonly running = new Map<number, TensorStream>();
  private turn = 0;
  /** Batches of each model so far. */
  private readonly batches = new WeakMap<TensorModel, number>();
  private readonly counters = {
    ...{ tokensGenerated: 0, promptTokens: 0, steps: 0, rows: 0, stepMs: 0, longestStepMs: 0 },
  };

  constructor(
    private readonly components: TensorComponents,
    private readonly limits: EngineLimits,
  ) {
    const { tf, source, now, blockFailed, memoryBytes } = components;
    const { expertCacheBytes } = limits;
    this.experts = new ExpertTensors(tf, source, expertCacheBytes, now, blockFailed, memoryBytes);
    this.forward = new TensorForward(tf, this.experts);
  }

  /** Whether `step` has something to do. */
  get busy(): boolean {
    return this.queue.size > 0 || this.running.size > 0;
  }

  /** Loads a model's dense blocks; loading it again does nothing. Refuses `TFJS_MEMORY` and as `loadTensorModel`. */
  load(model: EngineModel): Result<void> {
    if (this.models.has(model.release)) return ok();
    const { tf, source, blockFailed } = this.components;
    const needed = denseBytes(model.config);
    if (!this.experts.leaveRoom(needed)) return err(outOfMemory(model.release, needed));
    const loaded = loadTensorModel(tf, source, model, blockFailed);
    if (!loaded.ok) return loaded;
    this.models.set(model.release, loaded.value);
    return ok();
  }

  /** Ends a model's requests with `MODEL_UNLOADED` and frees its memory. */
  unload(release: string): void {
    const model = this.models.get(release);
    if (!model) return;
    for (const ticket of [
      ...this.queue.inOrder(),
      ...[...this.running.values()].map(({ ticket }) => ticket),
    ]) {
      if (ticket.work.release === release) this.end(ticket, err(modelUnloaded(release)));
    }
    this.models.delete(release);
    for (const place of model.experts) if (place !== null) this.experts.drop(place);
    model.dispose();
  }

  /**
   * Queues a request. The sink is told at once of refusals: `MODEL_NOT_LOADED`, `ENGINE_BUSY`, `KV_BUDGET_EXCEEDED` and those of
   * `checkWork` and `checkConstraint`. @param waitedMs as in `EngineCore.submit`
   */
  submit(id: number, work: Work, sink: WorkSink, waitedMs = 0): void {
    const refusal = this.refusal(work);
    if (refusal) return sink.done(err(refusal));
    this.queue.add({ id, work, names: null, sink, submitted: this.components.now() - waitedMs });
  }

  /** Ends a request; an answer keeps the tokens it has. Unknown ids are ignored. */
  cancel(id: number): void {
    const stream = this.running.get(id);
    if (stream) return this.end(stream.ticket, stream.ended(cancelled()));
    const ticket = this.queue.find(id);
    if (!ticket) return;
    const kept = ticket.work.kind === 'generate';
    this.end(ticket, kept ? ok(emptyAnswer(this.components.now() - ticket.submitted)) : err(cancelled()));
  }

  /** Refuses requests that waited too long (`ANSWER_TIMEOUT`), lets others in, and computes one batch. */
  async step(): Promise<void> {
    const started = this.components.now();
    for (const ticket of this.queue.expired(started)) this.end(ticket, err(waitedTooLong(ticket.work)));
    this.admit(started);
    const rows = await this.compute();
    const took = this.components.now() - started;
    this.counters.steps++;
    this.counters.rows += rows;
    this.counters.stepMs += took;
    this.counters.longestStepMs = Math.max(this.counters.longestStepMs, took);
  }

  /** Figures since the start. */
  stats(): EngineStats {
    const streams = [...this.running.values()];
    const usedBytes = streams.reduce((sum, { computed, model }) => sum + computed * model.positionBytes, 0);
    const kv = { usedBytes, reservedBytes: this.reserved, budget: this.limits.kvCacheBytes };
    const load = { active: streams.length, queued: this.queue.size, kv, cache: this.experts.stats() };
    const memoryBytes = this.components.tf.memory().numBytes;
    return statsOf([...this.models.values()], { ...this.counters, ...load, memoryBytes });
  }

  private refusal(work: Work): CodedError | undefined {
    const model = this.models.get(work.release);
    if (!model) return modelNotLoaded(work.release);
    const checked = checkWork(work, model.config);
    if (!checked.ok) return checked.error;
    const constrained = checkConstraint(work, model.grammars);
    if (!constrained.ok) return constrained.error;
    const needed = this.needed(work);
    if (needed > this.limits.kvCacheBytes) return kvBudgetExceeded(needed, this.limits.kvCacheBytes);
    const most = this.limits.maxQueue ?? QUEUE_LIMIT;
    return this.queue.size >= most ? engineBusy(most) : undefined;
  }

  private needed(work: Work): number {
    const { config, positionBytes } = this.models.get(work.release)!;
    return positionsOf(work, config) * positionBytes;
  }

  /** Bytes of keys and values that running requests may come to need. */
  private get reserved(): number {
    return [...this.running.values()].reduce((sum, { ticket }) => sum + this.needed(ticket.work), 0);
  }

  private admit(now: number): void {
    if (this.queue.size === 0) return;
    const { maxStreams, kvCacheBytes } = this.limits;
    let free = kvCacheBytes - this.reserved;
    const open = ({ work }: Ticket): Result<true | undefined> => {
      const needed = this.needed(work);
      if (needed > free) return ok(undefined);
      free -= needed;
      return ok(true);
    };
    const running = [...this.running.values()].map(({ ticket }) => ticket);
    for (const [ticket] of admit(this.queue, { running, maxStreams, now, open })) {
      this.queue.remove(ticket);
      const model = this.models.get(ticket.work.release)!;
      this.running.set(ticket.id, new TensorStream(ticket, model, this.components, this.counters));
      ticket.sink.begun?.();
    }
  }

  /** Computes one batch of one model; models take turns. */
  private async compute(): Promise<number> {
    const models = [...new Set([...this.running.values()].map(({ model }) => model))];
    if (models.length === 0) return 0;
    const model = models[this.turn++ % models.length];
    const streams = [...this.running.values()].filter((stream) => stream.model === model);
    const turn = (this.batches.get(model) ?? 0) + 1;
    this.batches.set(model, turn);
    const { batch, shares } = batchOf(streams, turn);
    const computed = await this.forward.run(model, batch);
    for (const share of shares) this.give(share, () => share.stream.take(share, computed));
    return batch.tokens.length;
  }

  private give({ stream }: BatchShare, take: () => Result<WorkResult> | null): void {
    const result = take();
    if (result !== null) this.end(stream.ticket, result);
  }

  private end(ticket: Ticket, result: Result<WorkResult>): void {
    this.queue.remove(ticket);
    this.running.get(ticket.id)?.cache.dispose();
    this.running.delete(ticket.id);
    ticket.sink.done(result);
  }
}

function outOfMemory(release: string, needed: number): CodedError {
  const message = `release ${release} has ${needed} bytes of dense weights, more than the backend can hold`;
  return new CodedError('TFJS_MEMORY', message, { release, needed }, 503);
}
