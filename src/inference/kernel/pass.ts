import { CodedError } from '../../common/index.js';
import { ROW_WORDS } from './abi.js';
import type { ExpertExecutor, ExpertTask } from './executor.js';
import type { Kernel } from './kernel.js';
import type { LoadedModel } from './model.js';
import { ThreadGovernor } from './thread-governor.js';

/** One token of one sequence, to be computed at its position. Rows of a sequence come in order of position. */
export interface BatchRow {
  readonly token: number;
  readonly position: number;
  /** Address of the sequence's page table: u32 per 32 positions, filled up to this position. */
  readonly pages: number;
  readonly wantsLogits: boolean;
  /** Whether the last layer's output is wanted, for logits or as it is: of other rows that layer makes keys and values only. */
  readonly wantsState: boolean;
  /** Counts this row per layer and expert, for its KV page. */
  readonly usage: Uint8Array;
  /** The same for the last layer, which a row may go through in one request and not in another of the same beginning. */
  readonly lastUsage: Uint8Array | Uint32Array;
}

/** What became of a batch. */
export interface PassResult {
  /** Rows that could not be computed, with the reason; the other rows are complete. */
  readonly failures: ReadonlyMap<number, CodedError>;
}

/** The forward pass: embedding, then for every layer attention, router and experts, then logits. */
export class ForwardPass {
  /** One per order of magnitude of rows, by model. */
  private readonly governors = new WeakMap<LoadedModel, ThreadGovernor[]>();

  constructor(
    private readonly kernel: Kernel,
    private readonly executor: ExpertExecutor,
    private readonly now: () => number,
  ) {}

  /**
   * Computes a batch of at most `MAX_ROWS` rows. The i-th row that wants logits finds them in `model.run.logits(i)`.
   */
  forward(model: LoadedModel, rows: readonly BatchRow[]): PassResult {
    const governor = this.governor(model, rows.length);
    this.kernel.useThreads(governor.threads());
    const started = this.now();
    const result = this.compute(model, rows);
    governor.measured(this.now() - started, rows.length);
    return result;
  }

  private governor(model: LoadedModel, rows: number): ThreadGovernor {
    let governors = this.governors.get(model);
    if (!governors) this.governors.set(model, (governors = []));
    const size = 31 - Math.clz32(rows);
    return (governors[size] ??= new ThreadGovernor(this.kernel.threadLimit));
  }

  private compute(model: LoadedModel, rows: readonly BatchRow[]): PassResult {
    const failures = new Map<number, CodedError>();
    const { run, config } = model;
    const ends = run.arrange(rows.map(({ wantsState }) => wantsState || !this.kernel.knowsEnds));
    const wanted = this.writeRows(model, rows);
    this.execute('embed', 0, model);
    for (let layer = 0; layer < config.layers; layer++) {
      const going = layer + 1 < config.layers ? rows.length : ends;
      run.set('ends', going);
      this.execute('attend', layer, model);
      const task = groupByExpert(model, layer, rows, going);
      for (const failure of this.executor.execute(task))
        failRows(task, failure.index, failure.error, failures);
    }
    run.set('logitRows', wanted);
    if (wanted > 0) this.execute('logits', 0, model);
    this.checkLogits(model, wanted, failures);
    return { failures };
  }

  /** Finds the greatest logits. Logits that are no numbers mean weights that are none, and their bits may differ between processors. */
  private checkLogits(model: LoadedModel, wanted: number, failures: Map<number, CodedError>): void {
    const { run, config, release } = model;
    for (let i = 0; i < wanted; i++) {
      run.greatest[i] = this.kernel.exports.greatestAt(run.logitsAddress(i), config.vocabSize);
      if (run.greatest[i] >= 0) continue;
      const row = run.rowAt(run.logitRows[i]);
      if (!failures.has(row)) failures.set(row, notFinite(release));
    }
  }

  private writeRows(model: LoadedModel, rows: readonly BatchRow[]): number {
    const { run } = model;
    let wanted = 0;
    rows.forEach((row, i) => {
      const place = run.placeOf(i);
      run.rows[place * ROW_WORDS] = row.token;
      run.rows[place * ROW_WORDS + 1] = row.position;
      run.rows[place * ROW_WORDS + 2] = row.pages;
      if (row.wantsLogits) run.logitRows[wanted++] = place;
    });
    run.set('rows', rows.length);
    return wanted;
  }

  private execute(command: 'embed' | 'attend' | 'logits', layer: number, model: LoadedModel): void {
    this.kernel.execute(command, layer, model.address, model.run.address);
  }
}

/**
 * Sorts the router's choices by expert (a counting sort) and counts them.
 * @param going rows that have gone on to their router: those at the first places
 */
function groupByExpert(
  model: LoadedModel,
  layer: number,
  rows: readonly BatchRow[],
  going: number,
): ExpertTask {
  const { run, config, uses } = model;
  const { layers, expertsPerToken, experts: expertCount } = config;
  const members = going * expertsPerToken;
  const first = layer * expertCount;
  const counts = new Array<number>(expertCount).fill(0);
  for (let member = 0; member < members; member++) {
    const expert = run.route[member * 2];
    counts[expert]++;
    uses[first + expert]++;
    const row = run.rowAt(Math.floor(member / expertsPerToken));
    (layer + 1 < layers ? rows[row].usage : rows[row].lastUsage)[first + expert]++;
    run.routes[(row * layers + layer) * expertsPerToken + (member % expertsPerToken)] = expert;
  }
  const task = { experts: [] as number[], starts: [] as number[], counts: [] as number[] };
  const next = new Array<number>(expertCount).fill(0);
  let start = 0;
  for (let expert = 0; expert < expertCount; expert++) {
    next[expert] = start;
    if (counts[expert] === 0) continue;
    task.experts.push(expert);
    task.starts.push(start);
    task.counts.push(counts[expert]);
    start += counts[expert];
  }
  for (let member = 0; member < members; member++) run.order[next[run.route[member * 2]]++] = member;
  return { model, layer, ...task };
}

function failRows(
  task: ExpertTask,
  index: number,
  error: CodedError,
  failures: Map<number, CodedError>,
): void {
  const { run, config } = task.model;
  const start = task.starts[index];
  for (let i = start; i < start + task.counts[index]; i++) {
    failures.set(run.rowAt(Math.floor(run.order[i] / config.expertsPerToken)), error);
  }
}

function notFinite(release: string): CodedError {
  const message = `the weights of release ${release} give logits that are not finite`;
  return new CodedError('LOGITS_NOT_FINITE', message, { release }, 500);
}
