import { CodedError, err, ok, type Result } from '../../common/index.js';
import { EXPERT_FIELDS } from './abi.js';
import type { BackgroundLoader, LoadTicket } from './background-loader.js';
import type { BlockFailureHandler, BlockSource, WeightBlock } from './block-source.js';
import { expertTensors } from './blocks.js';
import { expertFields } from './structures.js';
import type { ModelConfig } from './config.js';
import type { KernelHeap } from './heap.js';
import {
  createPolicy,
  type CacheEntry,
  type ExpertPolicy,
  type Moment,
  type PolicyName,
} from './policies/index.js';
import { placeTensors } from './tensors.js';

/** An expert's block in memory. */
export interface ExpertSlot extends CacheEntry {
  readonly bytes: number;
  readonly address: number;
  /** Address of the kernel's `Expert`. */
  readonly descriptor: number;
  /** While it is being loaded in the background, or is loaded and not used yet. */
  ticket: LoadTicket | null;
  /** Loaded because it was foretold, and not used since. */
  foretold: boolean;
  /** Cleared when the slot is given up; who remembers a slot looks here first. */
  live: boolean;
}

/** Two blocks share a slot when payload, place of the tensors and dimensions are the same. */
export function expertKey(
  block: WeightBlock,
  { hiddenSize, expertHiddenSize, architecture }: ModelConfig,
): string {
  const places = block.tensors.map(({ name, offset, length }) => `${name}@${offset}+${length}`).sort();
  const bias = architecture?.expertBias === true;
  return [block.payloadHash, block.payloadSize, hiddenSize, expertHiddenSize, bias, ...places].join(' ');
}

/** What the engine takes where nothing else was measured or set. */
export const DEFAULT_POLICY: PolicyName = 'lru';

const NONE: ReadonlySet<ExpertSlot> = new Set();

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

/** A use of an expert: where it is known to be, if it is in memory. One per model, layer and expert. */
export interface ExpertReference {
  readonly block: WeightBlock;
  /** What decides whether two uses can share a slot: `expertKey`. */
  readonly key: string;
  readonly config: ModelConfig;
  slot: ExpertSlot | undefined;
  loads: number;
  loadMs: number;
}

/**
 * Expert blocks in the kernel's memory under a byte budget. A payload is read straight into its slot and verified there each
 * time it comes from its source; releases that share a payload share the slot.
 */
export class ExpertCache {
  /** By key, in order of last use, longest ago first. */
  private readonly slots = new Map<string, ExpertSlot>();
  /** Passes that used an expert, of all experts that a loaded model names and that were used. */
  private readonly uses = new Map<string, number>();
  private readonly descriptorBytes = EXPERT_FIELDS.length * 4;
  /** Slots that must stay for the moment. */
  private kept: ReadonlySet<ExpertSlot> = NONE;
  private moment: Moment = { step: 0, layer: 0, layers: 1 };
  private bytes = 0;
  private hits = 0;
  private misses = 0;
  private evictions = 0;
  private prefetched = 0;
  private prefetchUsed = 0;
  private loadMs = 0;
  private failures = 0;
  private readonly policy: ExpertPolicy;

  constructor(
    private readonly heap: KernelHeap,
    private readonly source: BlockSource,
    private readonly budget: number,
    private readonly now: () => number,
    private readonly blockFailed: BlockFailureHandler,
    private readonly policyName: PolicyName = DEFAULT_POLICY,
    private readonly background: BackgroundLoader | null = null,
  ) {
    this.policy = createPolicy(policyName);
    heap.reclaim = () => this.evict();
  }

  /** Tells the layer whose experts are asked for next; layer 0 begins a pass. */
  turn(layer: number, layers: number): void {
    const step = layer === 0 ? this.moment.step + 1 : this.moment.step;
    this.moment = { step, layer, layers };
  }

  /** Counts one more use of an expert and says where it is, if it is in memory. */
  find(reference: ExpertReference): ExpertSlot | undefined {
    if (!reference.slot?.live) reference.slot = this.slots.get(reference.key);
    const slot = reference.slot;
    if (!slot || (slot.ticket !== null && !(slot.ticket.over && this.arrived(slot, reference))))
      return undefined;
    this.hits++;
    this.touch(slot);
    return slot;
  }

  /** Begins to load an expert in the background, giving up others but none in `keep`; false where that cannot be. */
  begin(reference: ExpertReference, layer: number, keep: ReadonlySet<ExpertSlot>): boolean {
    if (this.background === null) return false;
    if (this.slots.get(reference.key)) return true;
    const { block } = reference;
    this.kept = keep;
    try {
      while (this.bytes + block.payloadSize > this.budget) if (!this.evict(false)) return false;
      const descriptor = this.heap.allocate(this.descriptorBytes);
      if (!descriptor.ok) return false;
      const place = this.heap.allocate(block.payloadSize);
      const ticket = place.ok ? this.background.begin(block, place.value) : undefined;
      if (place.ok && ticket) {
        this.insert(reference, { address: place.value, descriptor: descriptor.value, layer, ticket });
        return true;
      }
      if (place.ok) this.heap.release(place.value);
      this.heap.release(descriptor.value);
      return false;
    } finally {
      this.kept = NONE;
    }
  }

  /** Begins to load what was foretold for a layer, never in place of what is in `keep` or was foretold too. */
  prefetch(references: readonly ExpertReference[], layer: number, keep: ReadonlySet<ExpertSlot>): void {
    const all = new Set(keep);
    const absent = references.filter(({ key }) => {
      const slot = this.slots.get(key);
      if (slot) all.add(slot);
      return !slot;
    });
    for (const reference of absent) {
      if (!this.begin(reference, layer, all)) return;
      const slot = this.slots.get(reference.key);
      if (!slot) return;
      slot.foretold = true;
      this.prefetched++;
      all.add(slot);
    }
  }

  /**
   * Loads an expert, giving up others but never those in `keep`. `'full'` means: run what is in `keep` first, then ask again.
   * Refuses with `BLOCK_MISSING`, `BLOCK_CORRUPT`, `EXPERT_CACHE_TOO_SMALL` or `KERNEL_MEMORY`.
   */
  load(reference: ExpertReference, keep: ReadonlySet<ExpertSlot>): Result<ExpertSlot | 'full'> {
    const size = reference.block.payloadSize;
    if (size > this.budget) return this.fail(tooSmall(reference.block, this.budget));
    const begun = this.await(reference);
    if (begun) return ok(begun);
    this.kept = keep;
    try {
      while (this.bytes + size > this.budget) if (!this.evict()) return ok('full');
      const place = this.heap.allocate(size);
      if (place.ok) return this.loadInto(reference, place.value);
      return keep.size > 0 ? ok('full') : this.fail(place.error);
    } finally {
      this.kept = NONE;
    }
  }

  /** Gives up every slot that none of the given keys needs any more. */
  retain(keys: ReadonlySet<string>): void {
    for (const slot of [...this.slots.values()]) if (!keys.has(slot.key)) this.drop(slot);
    for (const key of this.uses.keys()) if (!keys.has(key)) this.uses.delete(key);
  }

  /** Figures since the start. */
  stats(): ExpertCacheStats {
    const { bytes, budget, hits, misses, evictions, prefetched, prefetchUsed, loadMs, failures } = this;
    return {
      policy: this.policyName,
      bytes,
      budget,
      slots: this.slots.size,
      hits,
      misses,
      evictions,
      prefetched,
      prefetchUsed,
      loadMs,
      failures,
    };
  }

  private loadInto(reference: ExpertReference, address: number): Result<ExpertSlot> {
    const started = this.now();
    const slot = this.fill(reference, address);
    if (!slot.ok) {
      this.heap.release(address);
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
    const read = this.source.read(block, this.heap.bytes(address, block.payloadSize));
    if (!read.ok) return read;
    const descriptor = this.heap.allocate(this.descriptorBytes);
    if (!descriptor.ok) return descriptor;
    const described = this.describe(reference, address, descriptor.value);
    if (!described.ok) {
      this.heap.release(descriptor.value);
      return described;
    }
    const place = { address, descriptor: descriptor.value, layer: this.moment.layer, ticket: null };
    const slot = this.insert(reference, place);
    this.touch(slot);
    return ok(slot);
  }

  /** Finds the tensors of a verified payload and writes where they are. */
  private describe({ block, config }: ExpertReference, address: number, descriptor: number): Result<void> {
    const payload = this.heap.bytes(address, block.payloadSize);
    const tensors = placeTensors(block, payload, address, expertTensors(config));
    if (!tensors.ok) return tensors;
    const fields = expertFields(tensors.value);
    this.heap.words(descriptor, fields.length).set(fields);
    return ok();
  }

  private insert(
    reference: ExpertReference,
    place: Pick<ExpertSlot, 'address' | 'descriptor' | 'layer' | 'ticket'>,
  ): ExpertSlot {
    const { key, block } = reference;
    const uses = this.uses.get(key) ?? 0;
    const known = { key, bytes: block.payloadSize, lastStep: this.moment.step, uses };
    const slot: ExpertSlot = { ...known, ...place, foretold: false, live: true };
    this.slots.set(key, slot);
    this.bytes += slot.bytes;
    this.policy.added?.(slot);
    reference.slot = slot;
    return slot;
  }

  /** Waits for an expert that is being loaded; undefined when it is not, or when that has failed. */
  private await(reference: ExpertReference): ExpertSlot | undefined {
    const slot = this.slots.get(reference.key);
    if (!slot?.ticket) return undefined;
    const started = this.now();
    const { foretold } = slot;
    const arrived = this.arrived(slot, reference);
    this.loadMs += this.now() - started;
    if (!arrived) return undefined;
    if (foretold) this.hits++;
    else {
      this.misses++;
      reference.loads++;
    }
    this.touch(slot);
    return slot;
  }

  /** Ends a background load; what did not arrive as it should is given up, to be read again by whoever needs it. */
  private arrived(slot: ExpertSlot, reference: ExpertReference): boolean {
    const verified = slot.ticket?.finish() === true;
    slot.ticket = null;
    if (verified && this.describe(reference, slot.address, slot.descriptor).ok) {
      reference.slot = slot;
      return true;
    }
    this.drop(slot);
    return false;
  }

  private touch(slot: ExpertSlot): void {
    if (slot.foretold) this.prefetchUsed++;
    slot.foretold = false;
    this.slots.delete(slot.key);
    this.slots.set(slot.key, slot);
    slot.lastStep = this.moment.step;
    this.uses.set(slot.key, ++slot.uses);
    this.policy.used?.(slot, this.moment);
  }

  /** @param mayWait whether an expert may go that is being loaded, when there is no other */
  private evict(mayWait = true): boolean {
    const free = [...this.slots.values()].filter((slot) => !this.kept.has(slot));
    const settled = free.filter(({ ticket }) => ticket === null || ticket.over);
    const candidates = settled.length === 0 && mayWait ? free : settled;
    if (candidates.length === 0) return false;
    this.drop(this.policy.victim(candidates, this.moment));
    this.evictions++;
    return true;
  }

  private drop(slot: ExpertSlot): void {
    slot.live = false;
    slot.ticket?.finish();
    this.slots.delete(slot.key);
    this.policy.removed?.(slot);
    this.bytes -= slot.bytes;
    this.heap.release(slot.address);
    this.heap.release(slot.descriptor);
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
