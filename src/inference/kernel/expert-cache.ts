import { CodedError, err, ok, type Result } from '../../common/index.js';
import { EXPERT_FIELDS, words } from './abi.js';
import type { BlockFailureHandler, BlockSource, WeightBlock } from './block-source.js';
import { expertTensors } from './blocks.js';
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
  /** Cleared when the slot is given up; who remembers a slot looks here first. */
  live: boolean;
}

/** Two blocks share a slot when payload, place of the tensors and dimensions are the same. */
export function expertKey(block: WeightBlock, { hiddenSize, expertHiddenSize }: ModelConfig): string {
  const places = block.tensors.map(({ name, offset, length }) => `${name}@${offset}+${length}`).sort();
  return [block.payloadHash, block.payloadSize, hiddenSize, expertHiddenSize, ...places].join(' ');
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
    if (!slot) return undefined;
    this.hits++;
    this.touch(slot);
    return slot;
  }

  /**
   * Loads an expert, giving up others but never those in `keep`. `'full'` means: run what is in `keep` first, then ask again.
   * Refuses with `BLOCK_MISSING`, `BLOCK_CORRUPT`, `EXPERT_CACHE_TOO_SMALL` or `KERNEL_MEMORY`.
   */
  load(reference: ExpertReference, keep: ReadonlySet<ExpertSlot>): Result<ExpertSlot | 'full'> {
    const size = reference.block.payloadSize;
    if (size > this.budget) return this.fail(tooSmall(reference.block, this.budget));
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
    const { bytes, budget, hits, misses, evictions, loadMs, failures } = this;
    return {
      policy: this.policyName,
      bytes,
      budget,
      slots: this.slots.size,
      hits,
      misses,
      evictions,
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
    const { block, config } = reference;
    const payload = this.heap.bytes(address, block.payloadSize);
    const read = this.source.read(block, payload);
    if (!read.ok) return read;
    const tensors = placeTensors(block, payload, address, expertTensors(config));
    if (!tensors.ok) return tensors;
    const descriptor = this.heap.allocate(this.descriptorBytes);
    if (!descriptor.ok) return descriptor;
    const [gate, up, down] = tensors.value;
    const fields = words(EXPERT_FIELDS, {
      gateData: gate.data,
      gateKind: gate.kind,
      upData: up.data,
      upKind: up.kind,
      downData: down.data,
      downKind: down.kind,
    });
    this.heap.words(descriptor.value, fields.length).set(fields);
    const slot: ExpertSlot = {
      key: reference.key,
      bytes: block.payloadSize,
      address,
      descriptor: descriptor.value,
      layer: this.moment.layer,
      lastStep: 0,
      uses: this.uses.get(reference.key) ?? 0,
      live: true,
    };
    this.slots.set(slot.key, slot);
    this.bytes += slot.bytes;
    this.policy.added?.(slot);
    reference.slot = slot;
    this.touch(slot);
    return ok(slot);
  }

  private touch(slot: ExpertSlot): void {
    this.slots.delete(slot.key);
    this.slots.set(slot.key, slot);
    slot.lastStep = this.moment.step;
    this.uses.set(slot.key, ++slot.uses);
    this.policy.used?.(slot, this.moment);
  }

  private evict(): boolean {
    const candidates = [...this.slots.values()].filter((slot) => !this.kept.has(slot));
    if (candidates.length === 0) return false;
    this.drop(this.policy.victim(candidates, this.moment));
    this.evictions++;
    return true;
  }

  private drop(slot: ExpertSlot): void {
    slot.live = false;
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
