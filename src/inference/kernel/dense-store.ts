import { err, ok, type Result } from '../../common/index.js';
import type { BlockFailureHandler, BlockSource, WeightBlock } from './block-source.js';
import type { KernelHeap } from './heap.js';

interface Entry {
  address: number;
  users: number;
}

/** Blocks that stay in memory as long as a model uses them; releases that share a payload share its place. */
export class DenseStore {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly heap: KernelHeap,
    private readonly source: BlockSource,
    private readonly blockFailed: BlockFailureHandler,
  ) {}

  /** The address of the verified payload. Refuses as the source does, or with `KERNEL_MEMORY`. */
  acquire(block: WeightBlock): Result<number> {
    const known = this.entries.get(block.payloadHash);
    if (known) {
      known.users++;
      return ok(known.address);
    }
    const place = this.heap.allocate(block.payloadSize);
    if (!place.ok) return place;
    const read = this.source.read(block, this.heap.bytes(place.value, block.payloadSize));
    if (!read.ok) {
      this.heap.release(place.value);
      this.blockFailed(block, read.error);
      return err(read.error);
    }
    this.entries.set(block.payloadHash, { address: place.value, users: 1 });
    return place;
  }

  /** Ends one use of a payload. */
  release(payloadHash: string): void {
    const entry = this.entries.get(payloadHash);
    if (!entry) throw new Error(`payload ${payloadHash} is not in memory`);
    if (--entry.users > 0) return;
    this.heap.release(entry.address);
    this.entries.delete(payloadHash);
  }
}
