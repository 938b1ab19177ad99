import type { CodedError } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import { planBatch, withDrafts, type Share } from './batch-plan.js';
import type { LoadedModel } from './model.js';
import type { PageTable } from './page-table.js';
import type { BatchRow, ForwardPass } from './pass.js';
import type { Priority } from './requests.js';
import { ALONE, BESIDE_STREAMS, RowBudget } from './row-budget.js';
import { MAX_ROWS } from './run-state.js';
import type { Speculation } from './speculation.js';
import { acceptDraft, take, type RunningShare } from './take-rows.js';
import type { SequenceTask } from './tasks.js';

/** A task that has its place in the key/value cache. */
export interface Sequence {
  readonly task: SequenceTask;
  readonly model: LoadedModel;
  readonly table: PageTable;
  readonly priority: Priority;
  /** Guesses its next tokens; undefined where nobody does. */
  readonly speculation?: Speculation;
  /** Positions computed so far. */
  computed: number;
  /** Called after each batch with rows of this sequence. */
  progressed(): void;
  /** Called once, when the task is complete or cannot go on. */
  finished(error?: CodedError): void;
}

/** What is kept for a model while it is loaded. */
interface ModelTurns {
  /** Batches planned for it so far: its own, so that whose turn it is does not depend on other models. */
  batches: number;
  readonly besideStreams: RowBudget;
  readonly alone: RowBudget;
}

/**
 * Continuous batching: in every step all sequences that wait for a token get a row, and what room is left goes to prompts, in
 * turn. Sequences join and leave between steps; their bits do not depend on the company they are in.
 */
export class Scheduler {
  private active: Sequence[] = [];
  private turn = 0;
  private readonly turns = new WeakMap<LoadedModel, ModelTurns>();
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
    const turns = this.turnsOf(model);
    const planned = planBatch(sequences, ++turns.batches, (decoding) => {
      streams = decoding;
      return budgetOf(turns, decoding).next(decoding);
    });
    const started = this.now();
    const shares = withDrafts(planned, this.mostRows);
    const rows = this.compute(model, shares);
    if (rows > streams && !shares.some(({ draft }) => draft)) {
      budgetOf(turns, streams).measured(this.now() - started, rows, models.length);
    }
    return rows;
  }

  private compute(model: LoadedModel, shares: readonly Share[]): number {
    const rows: BatchRow[] = [];
    const running: RunningShare[] = [];
    for (const planned of shares) {
      const share = this.makeRoom(planned);
      if (!share) continue;
      const own = rowsOf(share);
      rows.push(...own);
      running.push({ ...share, rows: own });
    }
    if (rows.length > 0) this.distribute(running, this.pass.forward(model, rows).failures);
    return rows.length;
  }

  /** Makes sure that there are pages; guesses without a page are dropped, a sequence without one ends. */
  private makeRoom(share: Share): Share | undefined {
    const { sequence, count, draft } = share;
    const extended = sequence.table.extend(sequence.computed + count);
    if (extended.ok) return share;
    if (draft) return this.makeRoom({ sequence, count: 1 });
    this.end(sequence, extended.error);
    return undefined;
  }

  private turnsOf(model: LoadedModel): ModelTurns {
    let turns = this.turns.get(model);
    if (!turns) {
      const besideStreams = new RowBudget(this.mostRows, BESIDE_STREAMS);
      turns = { batches: 0, besideStreams, alone: new RowBudget(this.mostRows, ALONE) };
      this.turns.set(model, turns);
    }
    return turns;
  }

  private distribute(shares: readonly RunningShare[], failures: ReadonlyMap<number, CodedError>): void {
    let row = 0;
    let logitRow = 0;
    for (const share of shares) {
      const { sequence, count } = share;
      const wanted = share.rows.filter(({ wantsLogits }) => wantsLogits).length;
      const { computed, error, complete } = share.draft
        ? acceptDraft(share, { row, logitRow, failures })
        : take(share, { row, logitRow, failures });
      row += count;
      logitRow += wanted;
      sequence.computed += computed;
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

/** @param streams sequences that wait for a token */
function budgetOf({ besideStreams, alone }: ModelTurns, streams: number): RowBudget {
  return streams > 0 ? besideStreams : alone;
}

/** Lets a sequence have what others of the same beginning have computed since its last step. */
function reuse(sequence: Sequence): void {
  if (sequence.computed % PAGE_POSITIONS === 0) sequence.computed += sequence.table.reuse();
}

function rowsOf({ sequence, count, draft = [] }: Share): BatchRow[] {
  const { task, computed, table } = sequence;
  const rows: BatchRow[] = [];
  for (let i = 0; i < count; i++) {
    const position = computed + i;
    const wantsLogits = task.wantsLogits(position);
    const guess = draft.length > 0 && i > 0 ? new Uint8Array(sequence.model.experts.length) : null;
    rows.push({
      token: position < task.ids.length ? task.ids[position] : draft[position - task.ids.length],
      position,
      pages: table.address,
      wantsLogits,
      wantsState: wantsLogits || task.computed !== undefined,
      usage: guess ?? table.usageOf(position),
      lastUsage: guess ?? table.lastUsageOf(position),
    });
  }
  return rows;
}
