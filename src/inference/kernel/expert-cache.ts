import { CodedError, err, ok, type Result } from '../../common/index.js';
import { BackgroundExperts } from './background-experts.js';
import type { BackgroundLoader } from './background-loader.js';
import type { BlockFailureHandler, BlockSource, WeightBlock } from './block-source.js';
import { ExpertSlots, type ExpertReference, type ExpertSlot } from './expert-slots.js';
import type { Kernel } from './kernel.js';
import { createPolicy, type PolicyName } from './policies/index.js';

/** What the engine takes where nothing else was measured or set. */
export const DEFAULT_POLICY: PolicyName = 'lru';

/** Figures of the cache; times in milliseconds. */
export interface ExpertCacheStats {
  readonly policy: PolicyName;
  readonly bytes: number;
  readonly budget: number;
  readonly slots: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Loads begun because an expert was foretold, and how many of these were used before they had to go. */
  readonly prefetched: number;
  readonly prefetchUsed: number;
  readonly loadMs: number;
  readonly failures: number;
}

/**
 * Expert blocks in the kernel's memory under a byte budget. A payload is read straight into its slot and verified there each
 * time it comes from its source; releases that share a payload share the slot.
 */
export class ExpertCache {
  private readonly slots: ExpertSlots;
  private readonly background: BackgroundExperts;
  private hits = 0;
  private misses = 0;
  private loadMs = 0;
  private failures = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly source: BlockSource,
    budget: number,
    private readonly now: () => number,
    private readonly blockFailed: BlockFailureHandler,
    private readonly policyName: PolicyName = DEFAULT_POLICY,
    loader: BackgroundLoader | null = null,
  ) {
    this.slots = new ExpertSlots(kernel, budget, createPolicy(policyName));
    this.background = new BackgroundExperts(kernel.heap, this.slots, loader);
  }

  /** Tells the layer whose experts are asked for next; layer 0 begins a pass. */
  turn(layer: number, layers: number): void {
    this.slots.turn(layer, layers);
  }

  /** Counts one more use of an expert and says where it is, if it is in memory. */
  find(reference: ExpertReference): ExpertSlot | undefined {
    if (!reference.slot?.live) reference.slot = this.slots.get(reference.key);
    const slot = reference.slot;
    if (!slot || (slot.ticket !== null && !(slot.ticket.over && this.background.arrived(slot, reference))))
      return undefined;
    this.hits++;
    this.slots.touch(slot);
    return slot;
  }

  /** Begins to load an expert in the background, giving up others but none in `keep`; false where that cannot be. */
  begin(reference: ExpertReference, layer: number, keep: ReadonlySet<ExpertSlot>): boolean {
    return this.background.begin(reference, layer, keep);
  }

  /** Begins to load what was foretold for a layer, never in place of what is in `keep` or was foretold too. */
  prefetch(references: readonly ExpertReference[], layer: number, keep: ReadonlySet<ExpertSlot>): void {
    this.background.prefetch(references, layer, keep);
  }

  /**
   * Loads an expert, giving up others but never those in `keep`. `'full'` means: run what is in `keep` first, then ask again.
   * Refuses with `BLOCK_MISSING`, `BLOCK_CORRUPT`, `EXPERT_CACHE_TOO_SMALL` or `KERNEL_MEMORY`.
   */
  load(reference: ExpertReference, keep: ReadonlySet<ExpertSlot>): Result<ExpertSlot | 'full'> {
    const size = reference.block.payloadSize;
    if (size > this.slots.budget) return this.fail(tooSmall(reference.block, this.slots.budget));
    const begun = this.await(reference);
    if (begun) return ok(begun);
    return this.slots.keeping(keep, () => {
      if (!this.slots.makeRoom(size)) return ok('full');
      const place = this.kernel.heap.allocate(size);
      if (place.ok) return this.loadInto(reference, place.value);
      return keep.size > 0 ? ok('full') : this.fail(place.error);
    });
  }

  /** Gives up every slot that none of the given keys needs any more. */
  retain(keys: ReadonlySet<string>): void {
    this.slots.retain(keys);
  }

  /** Figures since the start. */
  stats(): ExpertCacheStats {
    const { hits, misses, loadMs, failures } = this;
    const { slots, bytes, evictions, prefetchUsed } = this.slots.figures;
    return {
      policy: this.policyName,
      bytes,
      budget: this.slots.budget,
      slots,
      hits,
      misses,
      evictions,
      prefetched: this.background.prefetched,
      prefetchUsed,
      loadMs,
      failures,
    };
  }

  private loadInto(reference: ExpertReference, address: number): Result<ExpertSlot> {
    const started = this.now();
    const slot = this.fill(reference, address);
    if (!slot.ok) {
      this.kernel.heap.release(address);
      if (slot.error.code.startsWith('BLOCK_')) this.blockFailed(reference.block, slot.error);
      return this.fail(slot.error);
    }
    const took = this.now() - started;
    this.misses++;
    this.loadMs += took;
    reference.loads++;
    reference.loadMs += took;
    return slot;
  }

  private fill(reference: ExpertReference, address: number): Result<ExpertSlot> {
    const { block } = reference;
    const read = this.source.read(block, this.kernel.heap.bytes(address, block.payloadSize));
    if (!read.ok) return read;
    const descriptor = this.slots.allocateDescriptor();
    if (!descriptor.ok) return descriptor;
    const described = this.slots.describe(reference, address, descriptor.value);
    if (!described.ok) {
      this.kernel.heap.release(descriptor.value);
      return described;
    }
    const place = { address, descriptor: descriptor.value, layer: this.slots.layer, ticket: null };
    const slot = this.slots.insert(reference, place);
    this.slots.touch(slot);
    return ok(slot);
  }

  /** Waits for an expert that is being loaded; undefined when it is not, or when that has failed. */
  private await(reference: ExpertReference): ExpertSlot | undefined {
    const slot = this.slots.get(reference.key);
    if (!slot?.ticket) return undefined;
    const started = this.now();
    const { foretold } = slot;
    const arrived = this.background.arrived(slot, reference);
    this.loadMs += this.now() - started;
    if (!arrived) return undefined;
    if (foretold) this.hits++;
    else {
      this.misses++;
      reference.loads++;
    }
    this.slots.touch(slot);
    return slot;
  }

  private fail(error: CodedError): Result<never> {
    this.failures++;
    return err(error);
  }
}

function tooSmall(block: WeightBlock, budget: number): CodedError {
  const message = `block ${block.name} of ${block.payloadSize} bytes exceeds the expert cache of ${budget}`;
  return new CodedError('EXPERT_CACHE_TOO_SMALL', message, { name: block.name, budget }, 503);
}
