import { ok, type Result } from '../../common/index.js';
import { GROUP_WORDS, recordBytes, ROW_WORDS, RUN_FIELDS, runWord, words } from './abi.js';
import { attentionWidth, type ModelConfig } from './config.js';
import type { KernelHeap } from './heap.js';
import { INT8_TILE_BYTES } from './tensors.js';

/** Rows of a batch at most. */
export const MAX_ROWS = 64;
/** Rows of a batch whose logits can be asked for. */
export const MAX_LOGIT_ROWS = 32;

/**
 * The buffers of one model's forward pass, allocated once: the kernel's `Run` (shapes are documented there) and the host's
 * views of what it reads and writes.
 */
export class RunState {
  /** Words of `Run`. */
  readonly run: Uint32Array;
  /** `Row` per row. */
  readonly rows: Uint32Array;
  /** Rows whose logits are wanted. */
  readonly logitRows: Uint32Array;
  /** Router's choice: words {expert, weight} per row and rank. */
  readonly route: Uint32Array;
  /** The router's choices in all layers of the last batch: experts [row, layer, rank]. */
  readonly routes: Uint16Array;
  /** `Group` per expert that runs. */
  readonly groups: Uint32Array;
  /** row * expertsPerToken + rank, grouped by expert. */
  readonly order: Uint32Array;
  /** Token of the greatest of each row's logits, in the order of `logitRows`; -1 where they are not all finite. */
  readonly greatest = new Int32Array(MAX_LOGIT_ROWS);
  /** Where each row of the last batch stands in the buffers, and which row stands at each place. */
  private readonly places = new Uint8Array(MAX_ROWS);
  private readonly placed = new Uint8Array(MAX_ROWS);

  private constructor(
    private readonly heap: KernelHeap,
    readonly address: number,
    private readonly buffers: number,
    private readonly addresses: Readonly<Record<string, number>>,
    private readonly config: ModelConfig,
  ) {
    const members = MAX_ROWS * config.expertsPerToken;
    this.run = heap.words(address, RUN_FIELDS.length);
    this.rows = heap.words(addresses['rowTable'], MAX_ROWS * ROW_WORDS);
    this.logitRows = heap.words(addresses['logitTable'], MAX_LOGIT_ROWS);
    this.route = heap.words(addresses['route'], members * 2);
    this.routes = new Uint16Array(members * config.layers);
    this.groups = heap.words(addresses['groupTable'], config.experts * GROUP_WORDS);
    this.order = heap.words(addresses['order'], members);
  }

  /** Allocates all buffers in one piece; refuses with `KERNEL_MEMORY`. */
  static create(heap: KernelHeap, config: ModelConfig, threads: number): Result<RunState> {
    const sizes = bufferSizes(config, threads);
    const layout = new Map<string, number>();
    let total = 0;
    for (const [name, bytes] of Object.entries(sizes)) {
      layout.set(name, total);
      total += Math.ceil(bytes / 64) * 64;
    }
    const address = heap.allocate(RUN_FIELDS.length * 4);
    if (!address.ok) return address;
    const buffers = heap.allocate(total);
    if (!buffers.ok) {
      heap.release(address.value);
      return buffers;
    }
    heap.bytes(buffers.value, total).fill(0);
    const addresses: Record<string, number> = {};
    for (const [name, offset] of layout) addresses[name] = buffers.value + offset;
    const fields = Object.fromEntries(RUN_FIELDS.map((field) => [field, addresses[field] ?? 0]));
    const run = words(RUN_FIELDS, {
      ...fields,
      scratchBytes: scratchBytes(config),
      widened: widenedPlace(config),
    } as Record<(typeof RUN_FIELDS)[number], number>);
    heap.words(address.value, run.length).set(run);
    return ok(new RunState(heap, address.value, buffers.value, addresses, config));
  }

  /** Sets a word of `Run`. */
  set(name: (typeof RUN_FIELDS)[number], value: number): void {
    this.run[runWord(name)] = value;
  }

  /** Puts the rows of a batch that go through its last layer before the others; returns how many those are. */
  arrange(goThrough: readonly boolean[]): number {
    const ends = goThrough.filter((goes) => goes).length;
    let [first, rest] = [0, ends];
    goThrough.forEach((goes, row) => {
      const place = goes ? first++ : rest++;
      this.places[row] = place;
      this.placed[place] = row;
    });
    return ends;
  }

  /** Where a row of the last batch stands in the buffers. */
  placeOf(row: number): number {
    return this.places[row];
  }

  /** Which row of the last batch stands at a place. */
  rowAt(place: number): number {
    return this.placed[place];
  }

  /** The logits of the i-th row that wanted them: float32 [vocabSize], valid until the next pass. */
  logits(i: number): Float32Array {
    return this.heap.floats(this.logitsAddress(i), this.config.vocabSize);
  }

  /** A copy of a row's choices in all layers of the last batch: experts [layer, rank]. Only of rows that went through the last one. */
  routeOf(row: number): Uint16Array {
    const size = this.config.layers * this.config.expertsPerToken;
    return this.routes.slice(row * size, (row + 1) * size);
  }

  /** Where they are; they are padded with zeros to a multiple of 16. */
  logitsAddress(i: number): number {
    return this.addresses['logits'] + i * Math.ceil(this.config.vocabSize / 16) * 64;
  }

  /** Where the residual stream of a row of the last batch is: float32 [hiddenSize], after the last layer it went through. */
  residualAddress(row: number): number {
    return this.addresses['residual'] + this.places[row] * this.config.hiddenSize * 4;
  }

  /** A buffer of at least [hiddenSize] float32 that is free between batches. */
  get spareAddress(): number {
    return this.addresses['norm'];
  }

  /** Gives the buffers back. */
  release(): void {
    this.heap.release(this.buffers);
    this.heap.release(this.address);
  }
}

/** Bytes of each buffer, by its name in `Run`. */
function bufferSizes(config: ModelConfig, threads: number): Record<string, number> {
  const { hiddenSize, headDim, kvHeads, experts, expertsPerToken, expertHiddenSize, vocabSize } = config;
  const width = attentionWidth(config);
  const members = MAX_ROWS * expertsPerToken;
  return {
    rowTable: MAX_ROWS * ROW_WORDS * 4,
    logitTable: MAX_LOGIT_ROWS * 4,
    groupTable: experts * GROUP_WORDS * 4,
    order: members * 4,
    residual: MAX_ROWS * hiddenSize * 4,
    norm: MAX_ROWS * recordBytes(hiddenSize),
    query: MAX_ROWS * width * 4,
    keyValue: MAX_ROWS * 2 * kvHeads * headDim * 4,
    attention: MAX_ROWS * recordBytes(width),
    rope: MAX_ROWS * headDim * 4,
    route: members * 8,
    hidden: members * recordBytes(expertHiddenSize),
    up: members * expertHiddenSize * 4,
    down: members * hiddenSize * 4,
    logits: MAX_LOGIT_ROWS * Math.ceil(vocabSize / 16) * 64,
    scratch: threads * scratchBytes(config),
  };
}

/** Scratch of one thread: attention scores, router logits or three lists of addresses, and behind them a row of 8-bit tiles. */
function scratchBytes(config: ModelConfig): number {
  const { hiddenSize, expertHiddenSize } = config;
  const columns = Math.max(hiddenSize, expertHiddenSize, attentionWidth(config));
  return widenedPlace(config) + (columns / 32) * INT8_TILE_BYTES;
}

function widenedPlace({ maxPositions, experts }: ModelConfig): number {
  return Math.ceil((Math.max(maxPositions + 8, experts, 3 * MAX_ROWS) * 4) / 64) * 64;
}
