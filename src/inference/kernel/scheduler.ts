import type { CodedError } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import type { LoadedModel } from './model.js';
import type { PageTable } from './page-table.js';
import type { BatchRow, ForwardPass } from './pass.js';
import { MAX_LOGIT_ROWS, MAX_ROWS } from './run-state.js';
import type { SequenceTask } from './tasks.js';

/** Rows of a batch at most while somebody waits for the next token: keeps the time per token even. */
const ROWS_BESIDE_DECODING = 16;

/** A task that has its place in the key/value cache. */
export interface Sequence {
  readonly task: SequenceTask;
  readonly model: LoadedModel;
  readonly table: PageTable;
  /** Positions computed so far. */
  computed: number;
  /** Called after each batch with rows of this sequence. */
  progressed(): void;
  /** Called once, when the task is complete or cannot go on. */
  finished(error?: CodedError): void;
}

interface Share {
  readonly sequence: Sequence;
  readonly count: number;
}

/**
 * Continuous batching: in every step all sequences that wait for a token get a row, and what room is left goes to prompts, in
 * turn. Sequences join and leave between steps; their bits do not depend on the company they are in.
 */
export class Scheduler {
  private active: Sequence[] = [];
  private turn = 0;

  constructor(private readonly pass: ForwardPass) {}

  /** Sequences that take part. */
  get sequences(): readonly Sequence[] {
    return this.active;
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
    const model = this.active[this.turn++ % this.active.length].model;
    const sequences = this.active.filter((sequence) => sequence.model === model);
    sequences.forEach(reuse);
    const shares = this.share(sequences);
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

  /** How many rows each sequence gets. */
  private share(sequences: readonly Sequence[]): Share[] {
    const decoding = sequences.filter((sequence) => missing(sequence) === 1).slice(0, MAX_LOGIT_ROWS);
    const shares = decoding.map((sequence) => ({ sequence, count: 1 }));
    const prompts = sequences.filter((sequence) => missing(sequence) > 1);
    let rows =
      (decoding.length > 0 ? Math.max(ROWS_BESIDE_DECODING, decoding.length + 1) : MAX_ROWS) - shares.length;
    let logitRows = MAX_LOGIT_ROWS - shares.length;
    for (let i = 0; i < prompts.length && rows > 0; i++) {
      const sequence = prompts[(i + this.turn) % prompts.length];
      const [count, wanted] = chunk(sequence, Math.min(rows, missing(sequence)), logitRows);
      if (count === 0) continue;
      shares.push({ sequence, count });
      rows -= count;
      logitRows -= wanted;
    }
    return shares;
  }

  private distribute(shares: readonly Share[], failures: ReadonlyMap<number, CodedError>): void {
    let row = 0;
    let logitRow = 0;
    for (const { sequence, count } of shares) {
      let [error, complete]: [CodedError | undefined, boolean] = [undefined, false];
      for (let i = 0; i < count; i++, row++) {
        error ??= failures.get(row);
        const position = sequence.computed + i;
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

/** Known ids that have not been computed. */
function missing(sequence: Sequence): number {
  return sequence.task.ids.length - sequence.computed;
}

/** The longest run of positions, at most `most`, that asks for at most `logitRows` logits; and how many it asks for. */
function chunk(sequence: Sequence, most: number, logitRows: number): [count: number, wanted: number] {
  let wanted = 0;
  for (let count = 0; count < most; count++) {
    if (!sequence.task.wantsLogits(sequence.computed + count)) continue;
    if (wanted === logitRows) return [count, wanted];
    wanted++;
  }
  return [most, wanted];
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
