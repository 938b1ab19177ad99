import { ok, type Result } from '../../common/index.js';
import { EXPERT_FIELDS } from './abi.js';
import type { LoadTicket } from './background-loader.js';
import { payloadKey, type WeightBlock } from './block-source.js';
import { expertTensors } from './blocks.js';
import type { ModelConfig } from './config.js';
import type { Kernel } from './kernel.js';
import type { CacheEntry, ExpertPolicy, Moment } from './policies/index.js';
import { expertFields } from './structures.js';
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

/** Two blocks share a slot when payload, place of the tensors and dimensions are the same. */
export function expertKey(
  block: WeightBlock,
  { hiddenSize, expertHiddenSize, architecture }: ModelConfig,
): string {
  const bias = architecture?.expertBias === true;
  return [hiddenSize, expertHiddenSize, bias, payloadKey(block)].join(' ');
}

const NONE: ReadonlySet<ExpertSlot> = new Set();
const DESCRIPTOR_BYTES = EXPERT_FIELDS.length * 4;

/** The experts in memory, in order of use, within a byte budget; a policy says which one has to go. */
export class ExpertSlots {
  /** By key, in order of last use, longest ago first. */
  private readonly slots = new Map<string, ExpertSlot>();
  /** Passes that used an expert, of all experts that a loaded model names and that were used. */
  private readonly uses = new Map<string, number>();
  /** Slots that must stay for the moment. */
  private kept: ReadonlySet<ExpertSlot> = NONE;
  private moment: Moment = { step: 0, layer: 0, layers: 1 };
  private taken = 0;
  private evicted = 0;
  private usedForetold = 0;

  constructor(
    private readonly kernel: Kernel,
    readonly budget: number,
    private readonly policy: ExpertPolicy,
  ) {
    kernel.heap.reclaim = () => this.evict();
  }

  /** Slots, the bytes of their payloads, those given up so far, and those used that were foretold. */
  get figures(): { slots: number; bytes: number; evictions: number; prefetchUsed: number } {
    const { slots, taken: bytes, evicted: evictions, usedForetold: prefetchUsed } = this;
    return { slots: slots.size, bytes, evictions, prefetchUsed };
  }

  /** The layer that runs now. */
  get layer(): number {
    return this.moment.layer;
  }

  /** Tells the layer whose experts are asked for next; layer 0 begins a pass. */
  turn(layer: number, layers: number): void {
    const step = layer === 0 ? this.moment.step + 1 : this.moment.step;
    this.moment = { step, layer, layers };
  }

  /** The slot of that key, loaded or being loaded. */
  get(key: string): ExpertSlot | undefined {
    return this.slots.get(key);
  }

  /** Does what may need room; meanwhile no slot of `keep` is given up. */
  keeping<T>(keep: ReadonlySet<ExpertSlot>, work: () => T): T {
    this.kept = keep;
    try {
      return work();
    } finally {
      this.kept = NONE;
    }
  }

  /** Gives up slots until so many bytes are free within the budget. @param mayWait as in `evict` */
  makeRoom(size: number, mayWait = true): boolean {
    while (this.taken + size > this.budget) if (!this.evict(mayWait)) return false;
    return true;
  }

  /** Memory for a descriptor; refuses as the heap does. */
  allocateDescriptor(): Result<number> {
    return this.kernel.heap.allocate(DESCRIPTOR_BYTES);
  }

  /** Finds the tensors of a verified payload, puts them into the kernel's order and writes where they are. To be done once per load. */
  describe({ block, config }: ExpertReference, address: number, descriptor: number): Result<void> {
    const payload = this.kernel.heap.bytes(address, block.payloadSize);
    const tensors = placeTensors(block, payload, address, expertTensors(config));
    if (!tensors.ok) return tensors;
    const fields = expertFields(tensors.value.arranged(this.kernel, new Map()));
    this.kernel.heap.words(descriptor, fields.length).set(fields);
    return ok();
  }

  /** Takes an expert in whose memory is there. */
  insert(
    reference: ExpertReference,
    place: Pick<ExpertSlot, 'address' | 'descriptor' | 'layer' | 'ticket'>,
  ): ExpertSlot {
    const { key, block } = reference;
    const uses = this.uses.get(key) ?? 0;
    const known = { key, bytes: block.payloadSize, lastStep: this.moment.step, uses };
    const slot: ExpertSlot = { ...known, ...place, foretold: false, live: true };
    this.slots.set(key, slot);
    this.taken += slot.bytes;
    this.policy.added?.(slot);
    reference.slot = slot;
    return slot;
  }

  /** Notes that an expert is used. */
  touch(slot: ExpertSlot): void {
    if (slot.foretold) this.usedForetold++;
    slot.foretold = false;
    this.slots.delete(slot.key);
    this.slots.set(slot.key, slot);
    slot.lastStep = this.moment.step;
    this.uses.set(slot.key, ++slot.uses);
    this.policy.used?.(slot, this.moment);
  }

  /** Gives up a slot; waits for its load where one is under way. */
  drop(slot: ExpertSlot): void {
    slot.live = false;
    slot.ticket?.finish();
    this.slots.delete(slot.key);
    this.policy.removed?.(slot);
    this.taken -= slot.bytes;
    this.kernel.heap.release(slot.address);
    this.kernel.heap.release(slot.descriptor);
  }

  /** Gives up every slot, and forgets every use, that none of the given keys needs any more. */
  retain(keys: ReadonlySet<string>): void {
    for (const slot of [...this.slots.values()]) if (!keys.has(slot.key)) this.drop(slot);
    for (const key of this.uses.keys()) if (!keys.has(key)) this.uses.delete(key);
  }

  /** @param mayWait whether an expert may go that is being loaded, when there is no other */
  private evict(mayWait = true): boolean {
    const free = [...this.slots.values()].filter((slot) => !this.kept.has(slot));
    const settled = free.filter(({ ticket }) => ticket === null || ticket.over);
    const candidates = settled.length === 0 && mayWait ? free : settled;
    if (candidates.length === 0) return false;
    this.drop(this.policy.victim(candidates, this.moment));
    this.evicted++;
    return true;
  }
}
