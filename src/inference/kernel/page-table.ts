import { ok, type Result } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import type { PagePool, TableRequest } from './page-pool.js';
import type { KvPage } from './prefix-cache.js';

/** The pages of one sequence, and how its tokens went through the experts. */
export class PageTable {
  /** Positions that came from the prefix cache. */
  reused = 0;
  private readonly pages: KvPage[] = [];
  /** Counts of the first `settledPages` pages, which are full. */
  private readonly settled: Uint32Array;
  /** Counts that no page holds: of the last layer, where not every position goes through it. */
  private readonly own: Uint32Array;
  private settledPages = 0;
  /** What was promised and is not a shared page. */
  private promisedPages: number;
  private closed = false;

  /** @param address u32 [reservedPages], for the kernel */
  constructor(
    private readonly pool: PagePool,
    readonly address: number,
    private readonly reservedPages: number,
    private readonly request: TableRequest,
  ) {
    this.promisedPages = reservedPages;
    this.settled = new Uint32Array(request.counts);
    this.own = new Uint32Array(request.counts);
  }

  /** Counts per layer and expert of a position that `extend` has made room for. */
  usageOf(position: number): Uint8Array {
    return this.pages[Math.floor(position / PAGE_POSITIONS)].usage;
  }

  /** The same for the last layer. */
  lastUsageOf(position: number): Uint8Array | Uint32Array {
    const { counts, pagedCounts } = this.request;
    return pagedCounts < counts ? this.own : this.usageOf(position);
  }

  /** Counts a position that was computed as a guess. @param usage its counts, of all layers */
  count(position: number, usage: Uint8Array): void {
    const { pagedCounts } = this.request;
    add(this.usageOf(position), usage.subarray(0, pagedCounts));
    add(this.own.subarray(pagedCounts), usage.subarray(pagedCounts));
  }

  /** Tokens per layer and expert of all positions so far. */
  usage(): Uint32Array {
    const counts = this.settled.slice();
    add(counts, this.own);
    for (const { usage } of this.pages.slice(this.settledPages)) add(counts, usage);
    return counts;
  }

  /**
   * Takes pages that others have computed by now, from the first that is missing here. Only for a sequence that has filled all
   * its pages. Returns how many positions that were.
   */
  reuse(): number {
    const { names, ids, reusable } = this.request;
    const before = this.reused;
    while (names && (this.pages.length + 1) * PAGE_POSITIONS <= reusable) {
      const page = this.pool.prefixes.find(names.of(this.pages.length, ids));
      if (!page) break;
      this.pool.prefixes.hold(page);
      this.append(page);
    }
    return this.reused - before;
  }

  /** Puts a shared page that is held already behind the others, which are full. */
  append(page: KvPage): void {
    this.enter(this.pages.length, page);
    this.unpromise();
    this.pool.prefixes.count(true);
    this.reused += PAGE_POSITIONS;
    this.settle(page);
  }

  /** Makes sure that positions below `end` have a page. Refuses with `KERNEL_MEMORY`. */
  extend(end: number): Result<void> {
    const needed = Math.ceil(end / PAGE_POSITIONS);
    if (needed > this.reservedPages) throw new RangeError(`position ${end} lies beyond the reservation`);
    while (this.pages.length < needed) {
      const page = this.pool.take(this.request.pageBytes, this.request.pagedCounts);
      if (!page.ok) return page;
      this.enter(this.pages.length, page.value);
    }
    return ok();
  }

  /** Positions below `end` are computed, without any failure: full pages become shared, equal ones become one. */
  complete(end: number, ids: readonly number[]): void {
    const { names, reusable } = this.request;
    while ((this.settledPages + 1) * PAGE_POSITIONS <= end) {
      const index = this.settledPages;
      this.settle(this.pages[index]);
      if (!names) continue;
      if ((index + 1) * PAGE_POSITIONS <= reusable) this.pool.prefixes.count(false);
      this.publish(index, names.of(index, ids));
    }
  }

  /** Gives everything back; a second call does nothing. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const page of this.pages.toReversed()) {
      if (page.key === undefined) this.pool.free(page);
      else this.pool.prefixes.release(page);
    }
    this.pool.unpromise(this.promisedPages * this.request.pageBytes);
    this.pool.closeTable(this.address);
  }

  private publish(index: number, name: string): void {
    const page = this.pages[index];
    const twin = this.pool.prefixes.find(name);
    this.promisedPages--;
    if (!twin) return this.pool.share(name, page);
    this.pool.prefixes.hold(twin);
    this.enter(index, twin);
    this.pool.free(page);
    this.pool.unpromise(page.bytes);
  }

  private unpromise(): void {
    this.promisedPages--;
    this.pool.unpromise(this.request.pageBytes);
  }

  private enter(index: number, page: KvPage): void {
    this.pages[index] = page;
    this.pool.write(this.address, index, page.address);
  }

  private settle(page: KvPage): void {
    add(this.settled, page.usage);
    this.settledPages++;
  }
}

function add(counts: Uint8Array | Uint32Array, more: Uint8Array | Uint32Array): void {
  for (let i = 0; i < more.length; i++) counts[i] += more[i];
}
