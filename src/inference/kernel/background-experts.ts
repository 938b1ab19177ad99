import type { BackgroundLoader } from './background-loader.js';
import type { ExpertReference, ExpertSlot, ExpertSlots } from './expert-slots.js';
import type { KernelHeap } from './heap.js';

/** Loads experts while the kernel computes: those that are needed soon, and those that were foretold. */
export class BackgroundExperts {
  private begunForetold = 0;

  /** @param loader null: nothing is ever loaded here */
  constructor(
    private readonly heap: KernelHeap,
    private readonly slots: ExpertSlots,
    private readonly loader: BackgroundLoader | null,
  ) {}

  /** Loads begun because an expert was foretold. */
  get prefetched(): number {
    return this.begunForetold;
  }

  /** Begins to load an expert, giving up others but none in `keep`; false where that cannot be. */
  begin(reference: ExpertReference, layer: number, keep: ReadonlySet<ExpertSlot>): boolean {
    const { loader } = this;
    if (loader === null) return false;
    if (this.slots.get(reference.key)) return true;
    return this.slots.keeping(keep, () => this.start(loader, reference, layer));
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
      this.begunForetold++;
      all.add(slot);
    }
  }

  /** Ends a load, waiting for it; what did not arrive as it should is given up, to be read again by whoever needs it. */
  arrived(slot: ExpertSlot, reference: ExpertReference): boolean {
    const verified = slot.ticket?.finish() === true;
    slot.ticket = null;
    if (verified && this.slots.describe(reference, slot.address, slot.descriptor).ok) {
      reference.slot = slot;
      return true;
    }
    this.slots.drop(slot);
    return false;
  }

  private start(loader: BackgroundLoader, reference: ExpertReference, layer: number): boolean {
    const { block } = reference;
    if (!this.slots.makeRoom(block.payloadSize, false)) return false;
    const descriptor = this.slots.allocateDescriptor();
    if (!descriptor.ok) return false;
    const place = this.heap.allocate(block.payloadSize);
    const ticket = place.ok ? loader.begin(block, place.value) : undefined;
    if (place.ok && ticket) {
      this.slots.insert(reference, { address: place.value, descriptor: descriptor.value, layer, ticket });
      return true;
    }
    if (place.ok) this.heap.release(place.value);
    this.heap.release(descriptor.value);
    return false;
  }
}
