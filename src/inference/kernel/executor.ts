import { CodedError } from '../../common/index.js';
import { GROUP_WORDS } from './abi.js';
import type { ExpertCache } from './expert-cache.js';
import type { ExpertReference, ExpertSlot } from './expert-slots.js';
import type { Kernel } from './kernel.js';
import type { LoadedModel } from './model.js';
import type { Prefetcher } from './prefetcher.js';
import type { RoutingRecorder } from './trace/routing-recorder.js';

/** The rows of a batch that the router sent to the experts of one layer. */
export interface ExpertTask {
  readonly model: LoadedModel;
  readonly layer: number;
  /** Experts with at least one row, ascending. */
  readonly experts: readonly number[];
  /** Per expert of the list: first place in the run's `order`, which holds row * expertsPerToken + rank. */
  readonly starts: readonly number[];
  /** Per expert of the list: how many rows. */
  readonly counts: readonly number[];
}

/** An expert that could not be run; its rows have no meaning any more. */
export interface ExpertFailure {
  /** Index into the task's `experts`. */
  readonly index: number;
  readonly error: CodedError;
}

/**
 * Runs the experts of one layer, here or elsewhere. Input: the quantised activation records in the run's `norm`. When
 * `execute` returns, every expert's output has been added to the residual stream with its weight, best expert first, so the
 * bits do not depend on where or in what order experts ran.
 */
export interface ExpertExecutor {
  /** Returns what failed; rows of other experts are complete. */
  execute(task: ExpertTask): readonly ExpertFailure[];
}

/** Runs experts on the local kernel, loading those that are not in memory. */
export class LocalExpertExecutor implements ExpertExecutor {
  constructor(
    private readonly kernel: Kernel,
    private readonly cache: ExpertCache,
    private readonly recorder: RoutingRecorder | null = null,
    private readonly prefetcher: Prefetcher | null = null,
  ) {}

  /** Experts run in waves of as many as fit into the cache together; usually that is one wave. */
  execute(task: ExpertTask): readonly ExpertFailure[] {
    const failures: ExpertFailure[] = [];
    this.cache.turn(task.layer, task.model.config.layers);
    this.recorder?.record(task);
    this.prefetcher?.judge(task);
    const wave = new Wave(this.kernel, task);
    const missing: { readonly i: number; readonly reference: ExpertReference }[] = [];
    const references = task.experts.map((expert) => this.reference(task, expert));
    for (const [i, reference] of references.entries()) {
      if (reference === null) {
        failures.push({ index: i, error: leftOut(task, i) });
        continue;
      }
      const slot = this.cache.find(reference);
      if (slot) wave.add(i, slot);
      else missing.push({ i, reference });
    }
    const loading = missing.filter(({ reference }) => this.cache.begin(reference, task.layer, wave.slots));
    this.prefetcher?.look(task, wave.slots);
    if (loading.length > 0) {
      // what is there computes while the rest is read; afterwards the loader goes on from the front, and this thread from the end
      if (wave.slots.size > 0) wave.run(false);
      missing.reverse();
    }
    for (const { i, reference } of missing) {
      let slot = this.cache.load(reference, wave.slots);
      if (slot.ok && slot.value === 'full') {
        wave.run(false);
        slot = this.cache.load(reference, wave.slots);
      }
      if (!slot.ok) failures.push({ index: i, error: slot.error });
      else if (slot.value !== 'full') wave.add(i, slot.value);
    }
    wave.run(true);
    return failures;
  }

  private reference({ model, layer }: ExpertTask, expert: number): ExpertReference | null {
    return model.experts[layer * model.config.experts + expert];
  }
}

/** Where no logit of the router is a number, the first expert counts as chosen, be it left out or not: such rows have no meaning. */
function leftOut({ model, layer, experts }: ExpertTask, index: number): CodedError {
  const message = `release ${model.release} leaves out layer${layer}.expert${experts[index]}, and its router gave no number`;
  return new CodedError('LOGITS_NOT_FINITE', message, { release: model.release }, 500);
}

/** Experts that are in memory together and run in one command. */
class Wave {
  readonly slots = new Set<ExpertSlot>();
  private groups = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly task: ExpertTask,
  ) {}

  add(index: number, slot: ExpertSlot): void {
    const { starts, counts, model } = this.task;
    model.run.groups.set([slot.descriptor, starts[index], counts[index]], this.groups++ * GROUP_WORDS);
    this.slots.add(slot);
  }

  /** @param last whether the outputs of all experts are there afterwards and can be combined */
  run(last: boolean): void {
    const { model, layer } = this.task;
    model.run.set('groups', this.groups);
    model.run.set('combine', last ? 1 : 0);
    this.kernel.execute('experts', layer, model.address, model.run.address);
    this.groups = 0;
    this.slots.clear();
  }
}
