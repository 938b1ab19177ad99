import type { CodedError } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import { planBatch, type Share } from './batch-plan.js';
import type { LoadedModel } from './model.js';
import type { PageTable } from './page-table.js';
import type { BatchRow, ForwardPass } from './pass.js';
import type { Priority } from './requests.js';
import { RowBudget } from './row-budget.js';
import { MAX_ROWS } from './run-state.js';
import type { SequenceTask } from './tasks.js';

/** A task that has its place in the key/value cache. */
export interface Sequence {
  readonly task: SequenceTask;
  readonly model: LoadedModel;
  readonly table: PageTable;
  readonly priority: Priority;
  /** Positions computed so far. */
  computed: number;
  /** Called after each batch with rows of this sequence. */
  progressed(): void;
  /** Called once, when the task is complete or cannot go on. */
  finished(error?: CodedError): void;
}

/**
 * Continuous batching: in every step all sequences that wait for a token get a row, and what room is left goes to prompts, in
 * turn. Sequences join and leave between steps; their bits do not depend on the company they are in.
 */
export class Scheduler {
  private active: Sequence[] = [];
  private turn = 0;
  private readonly budgets = new WeakMap<LoadedModel, RowBudget>();
  private readonly mostRows: number;

  /** @param mostRows rows of a batch at most; more than `MAX_ROWS` are never taken */
  constructor(
    private readonly pass: ForwardPass,
    private readonly now: () => number,
    mostRows = MAX_ROWS,
  ) {
    this.mostRows = Math.min(mostRows, MAX_ROWS);
  }

  /** Takes a sequence in; it has a row in the next step. */
  add(sequence: Sequence): void {
    this.active.push(sequence);
  }

  /** Takes a sequence out and frees its pages. */
  remove(sequence: Sequence): void {
    this.active = this.active.filter((other) => other !== sequence);
    sequence.table.close();
  }

  /** Computes one batch of one model (models take turns); returns its rows. */
  step(): number {
    if (this.active.length === 0) return 0;
    const models = [...new Set(this.active.map((sequence) => sequence.model))];
    const model = models[this.turn++ % models.length];
    const sequences = this.active.filter((sequence) => sequence.model === model);
    sequences.forEach(reuse);
    let streams = 0;
    const shares = planBatch(sequences, this.turn, (decoding) => {
      streams = decoding;
      return decoding === 0 ? this.mostRows : this.budget(model).next(decoding);
    });
    const started = this.now();
    const rows = this.compute(model, shares);
    if (streams > 0 && rows > streams) {
      this.budget(model).measured(this.now() - started, rows, models.length);
    }
    return rows;
  }

  private compute(model: LoadedModel, shares: readonly Share[]): number {
    const rows: BatchRow[] = [];
    for (const { sequence, count } of shares) {
      const extended = sequence.table.extend(sequence.computed + count);
      if (!extended.ok) this.end(sequence, extended.error);
      else rows.push(...rowsOf(sequence, count));
    }
    const running = shares.filter(({ sequence }) => this.active.includes(sequence));
    if (rows.length > 0) this.distribute(running, this.pass.forward(model, rows).failures);
    return rows.length;
  }

  private budget(model: LoadedModel): RowBudget {
    let budget = this.budgets.get(model);
    if (!budget) this.budgets.set(model, (budget = new RowBudget(this.mostRows)));
    return budget;
  }

  private distribute(shares: readonly Share[], failures: ReadonlyMap<number, CodedError>): void {
    let row = 0;
    let logitRow = 0;
    for (const { sequence, count } of shares) {
      let [error, complete]: [CodedError | undefined, boolean] = [undefined, false];
      for (let i = 0; i < count; i++, row++) {
        error ??= failures.get(row);
        const position = sequence.computed + i;
        if (!error) sequence.task.computed?.(position, row);
        if (!sequence.task.wantsLogits(position)) continue;
        const logits = sequence.model.run.logits(logitRow++);
        if (!error) complete = sequence.task.take(position, logits);
      }
      sequence.computed += count;
      if (!error) sequence.table.complete(sequence.computed, sequence.task.ids);
      if (error || complete) this.end(sequence, error);
      else sequence.progressed();
    }
  }

  private end(sequence: Sequence, error: CodedError | undefined): void {
    this.remove(sequence);
    sequence.finished(error);
  }
}

/** Lets a sequence have what others of the same beginning have computed since its last step. */
function reuse(sequence: Sequence): void {
  if (sequence.computed % PAGE_POSITIONS === 0) sequence.computed += sequence.table.reuse();
}

function rowsOf(sequence: Sequence, count: number): BatchRow[] {
  const { task, computed, table } = sequence;
  return Array.from({ length: count }, (_, i) => ({
    token: task.ids[computed + i],
    position: computed + i,
    pages: table.address,
    wantsLogits: task.wantsLogits(computed + i),
    usage: table.usageOf(computed + i),
  }));
}
