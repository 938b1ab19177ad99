import { CodedError, ok, type Result } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import type { KernelHeap } from './heap.js';

/**
 * KV pages under a byte budget. A sequence reserves all it may come to need before it starts, so that none ever gets stuck half
 * way; memory is taken page by page as positions are reached and given back at once when it ends.
 */
export class PagePool {
  private reserved = 0;
  private used = 0;

  constructor(
    private readonly heap: KernelHeap,
    readonly budget: number,
  ) {}

  /** Bytes promised to sequences. */
  get reservedBytes(): number {
    return this.reserved;
  }

  /** Bytes in pages now. */
  get usedBytes(): number {
    return this.used;
  }

  /** Whether so many bytes could ever be reserved. */
  fits(bytes: number): boolean {
    return bytes <= this.budget;
  }

  /**
   * A table for up to `positions` positions; undefined while other sequences hold the budget. Refuses with `KERNEL_MEMORY`.
   */
  open(positions: number, pageBytes: number): Result<PageTable | undefined> {
    const pages = Math.ceil(positions / PAGE_POSITIONS);
    if (this.reserved + pages * pageBytes > this.budget) return ok(undefined);
    const table = this.heap.allocate(pages * 4);
    if (!table.ok) return table;
    this.reserved += pages * pageBytes;
    return ok(new PageTable(this, table.value, pages, pageBytes));
  }

  /** For `PageTable`: memory of one page. */
  take(bytes: number): Result<number> {
    const place = this.heap.allocate(bytes);
    if (place.ok) this.used += bytes;
    return place;
  }

  /** For `PageTable`: gives back pages and the reservation. */
  giveBack(table: number, pages: readonly number[], reservedPages: number, pageBytes: number): void {
    for (const page of pages) this.heap.release(page);
    this.heap.release(table);
    this.used -= pages.length * pageBytes;
    this.reserved -= reservedPages * pageBytes;
  }

  /** For `PageTable`: writes an entry of a table. */
  write(table: number, index: number, page: number): void {
    this.heap.words(table + index * 4, 1)[0] = page;
  }
}

/** The pages of one sequence. */
export class PageTable {
  private readonly pages: number[] = [];
  private closed = false;

  constructor(
    private readonly pool: PagePool,
    /** Address of u32 [pages]. */
    readonly address: number,
    private readonly reservedPages: number,
    private readonly pageBytes: number,
  ) {}

  /** Makes sure that positions below `end` have a page. Refuses with `KERNEL_MEMORY`. */
  extend(end: number): Result<void> {
    const needed = Math.ceil(end / PAGE_POSITIONS);
    if (needed > this.reservedPages) throw new RangeError(`position ${end} lies beyond the reservation`);
    while (this.pages.length < needed) {
      const page = this.pool.take(this.pageBytes);
      if (!page.ok) return page;
      this.pool.write(this.address, this.pages.length, page.value);
      this.pages.push(page.value);
    }
    return ok();
  }

  /** Gives everything back; a second call does nothing. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.pool.giveBack(this.address, this.pages, this.reservedPages, this.pageBytes);
  }
}

/** A request that could not run even alone. */
export function kvBudgetExceeded(needed: number, budget: number): CodedError {
  const message = `the request needs ${needed} bytes of key/value cache, more than the ${budget} there are`;
  return new CodedError('KV_BUDGET_EXCEEDED', message, { needed, budget });
}
