import { err, ok, type Result } from '../../common/index.js';
import { payloadKey, type BlockFailureHandler, type BlockSource, type WeightBlock } from './block-source.js';
import type { KernelHeap } from './heap.js';
import type { Arrangement } from './tensors.js';

/** Where a payload is. */
export interface DensePlace {
  readonly address: number;
  /** What its users have done to its matrices. */
  readonly arrangement: Arrangement;
}

interface Entry extends DensePlace {
  users: number;
}

/**
 * Blocks that stay in memory as long as a model uses them. Releases that share a payload, and find the same tensors in it, share its
 * place: who sees other tensors in the same bytes must not meet them arranged for somebody else.
 */
export class DenseStore {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly heap: KernelHeap,
    private readonly source: BlockSource,
    private readonly blockFailed: BlockFailureHandler,
  ) {}

  /** Where the verified payload is. Refuses as the source does, or with `KERNEL_MEMORY`. */
  acquire(block: WeightBlock): Result<DensePlace> {
    const key = payloadKey(block);
    const known = this.entries.get(key);
    if (known) {
      known.users++;
      return ok(known);
    }
    const place = this.heap.allocate(block.payloadSize);
    if (!place.ok) return place;
    const read = this.source.read(block, this.heap.bytes(place.value, block.payloadSize));
    if (!read.ok) {
      this.heap.release(place.value);
      this.blockFailed(block, read.error);
      return err(read.error);
    }
    const entry: Entry = { address: place.value, arrangement: new Map(), users: 1 };
    this.entries.set(key, entry);
    return ok(entry);
  }

  /** Ends one use of a payload. */
  release(block: WeightBlock): void {
    const key = payloadKey(block);
    const entry = this.entries.get(key);
    if (!entry) throw new Error(`payload ${block.payloadHash} is not in memory`);
    if (--entry.users > 0) return;
    this.heap.release(entry.address);
    this.entries.delete(key);
  }
}
