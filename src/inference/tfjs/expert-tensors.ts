import { ok, type Result } from '../../common/index.js';
import type { BlockFailureHandler, BlockSource } from '../kernel/block-source.js';
import { expertTensors } from '../kernel/blocks.js';
import type { ExpertCacheStats } from '../kernel/expert-cache.js';
import type { ModelConfig, WeightBlock } from '../kernel/index.js';
import { BlockTensors, bytesOf } from './block-tensors.js';
import type { Tf } from './tensor-library.js';

/** One expert of a loaded model, and what became of it so far. */
export interface ExpertPlace {
  readonly block: WeightBlock;
  readonly config: ModelConfig;
  /** Tokens that went through it. */
  tokens: number;
  loads: number;
  loadMs: number;
  tensors: BlockTensors | null;
}

/** Experts on the backend under a byte budget; the longest unused goes first. */
export class ExpertTensors {
  /** In order of last use, longest ago first. */
  private readonly resident = new Set<ExpertPlace>();
  private bytes = 0;
  private readonly counters = { hits: 0, misses: 0, evictions: 0, loadMs: 0, failures: 0 };

  constructor(
    private readonly tf: Tf,
    private readonly source: BlockSource,
    private readonly budget: number,
    private readonly now: () => number,
    private readonly blockFailed: BlockFailureHandler,
    private readonly memoryBytes = Infinity,
  ) {}

  /** An expert's tensors, valid until the next call. Refuses `BLOCK_MISSING`, `BLOCK_CORRUPT`. */
  get(place: ExpertPlace): Result<BlockTensors> {
    if (place.tensors !== null) {
      this.counters.hits++;
      this.resident.delete(place);
      this.resident.add(place);
      return ok(place.tensors);
    }
    this.counters.misses++;
    const started = this.now();
    this.makeRoom(bytesOf(expertTensors(place.config)));
    const read = BlockTensors.read(
      this.tf,
      this.source,
      place.block,
      expertTensors(place.config),
      this.blockFailed,
    );
    if (!read.ok) {
      this.counters.failures++;
      return read;
    }
    place.tensors = read.value;
    place.loads++;
    place.loadMs += this.now() - started;
    this.counters.loadMs += this.now() - started;
    this.resident.add(place);
    this.bytes += read.value.bytes;
    return read;
  }

  /** Frees an expert's memory. */
  drop(place: ExpertPlace): void {
    if (place.tensors === null) return;
    this.bytes -= place.tensors.bytes;
    place.tensors.dispose();
    place.tensors = null;
    this.resident.delete(place);
  }

  /** Figures since the start. */
  stats(): ExpertCacheStats {
    const { bytes, budget } = this;
    const slots = this.resident.size;
    return { policy: 'lru', bytes, budget, slots, prefetched: 0, prefetchUsed: 0, ...this.counters };
  }

  /** Gives experts up until other tensors have room on the backend; false where that is not enough. */
  leaveRoom(needed: number): boolean {
    const fits = () => this.tf.memory().numBytes + needed <= this.memoryBytes;
    this.evictUntil(fits);
    return fits();
  }

  /** One expert is always let in, however small the budget. */
  private makeRoom(needed: number): void {
    this.evictUntil(() => this.bytes + needed <= this.budget);
    this.leaveRoom(needed);
  }

  private evictUntil(enough: () => boolean): void {
    for (const place of this.resident) {
      if (enough()) return;
      this.drop(place);
      this.counters.evictions++;
    }
  }
}
