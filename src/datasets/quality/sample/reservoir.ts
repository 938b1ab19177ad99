import { sha256Bytes, utf8ToBytes } from '../../../common/hash.js';

/** A document in the sample: where it stood in its file, from 0, and its size. */
interface Drawn<T> {
  readonly priority: number;
  readonly index: number;
  readonly bytes: number;
  readonly value: T;
}

/**
 * A sample of a stream whose length is not known, bounded in bytes and the same for the same seed and stream. Each item's
 * priority is a hash of the seed and its place; those with the least stay. Whoever made the file cannot foresee which, as
 * long as the seed is not known to him; and the content has no say in it. Memory: the budget.
 */
export class Reservoir<T> {
  /** Items offered. */
  offered = 0;
  /** A heap: the greatest priority is first and leaves first. */
  private readonly heap: Drawn<T>[] = [];
  private held = 0;

  /** @param seed what draws  @param budget bytes that are kept at most */
  constructor(
    private readonly seed: string,
    private readonly budget: number,
  ) {}

  /** Offers the next item of the stream; one that is larger than the budget is never kept. */
  offer(value: T, bytes: number): void {
    const index = this.offered++;
    if (bytes > this.budget) return;
    this.push({ priority: this.priorityOf(index), index, bytes, value });
    while (this.held > this.budget) this.pop();
  }

  /** The sample in the order of the stream. */
  drawn(): T[] {
    return this.heap.toSorted((a, b) => a.index - b.index).map(({ value }) => value);
  }

  /** Bytes of the sample. */
  get bytes(): number {
    return this.held;
  }

  /** 48 bits of a SHA-256: equal priorities do not occur in practice and are told apart by the heap's order alone. */
  private priorityOf(index: number): number {
    const view = new DataView(sha256Bytes(utf8ToBytes(`${this.seed}/${index}`)).buffer);
    return view.getUint32(0) * 2 ** 16 + view.getUint16(4);
  }

  private push(item: Drawn<T>): void {
    this.held += item.bytes;
    let place = this.heap.push(item) - 1;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.heap[parent].priority >= item.priority) break;
      this.heap[place] = this.heap[parent];
      place = parent;
    }
    this.heap[place] = item;
  }

  private pop(): void {
    const [top] = this.heap;
    const last = this.heap.pop() as Drawn<T>;
    this.held -= top.bytes;
    if (this.heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && this.heap[child + 1].priority > this.heap[child].priority) child++;
      if (this.heap[child].priority <= last.priority) break;
      this.heap[place] = this.heap[child];
      place = child;
    }
    this.heap[place] = last;
  }
}
