import { CodedError, ok, type Result } from '../../common/index.js';
import { PAGE_POSITIONS } from './abi.js';
import type { KernelHeap } from './heap.js';
import { PageTable } from './page-table.js';
import { PrefixCache, type KvPage, type PageNames } from './prefix-cache.js';

/** What a sequence asks a table for. */
export interface TableRequest {
  /** Positions it may come to compute. */
  readonly positions: number;
  /** Bytes of one page, and how many counts (layers × experts) go with it. */
  readonly pageBytes: number;
  readonly counts: number;
  /** How many of the counts pages hold; the later ones, of the last layer, are the sequence's own. */
  readonly pagedCounts: number;
  /** Names of its pages; null: it neither takes pages from the prefix cache nor gives any. */
  readonly names: PageNames | null;
  /** Tokens known so far. */
  readonly ids: readonly number[];
  /** Positions below this may come from the prefix cache; their tokens are known. */
  readonly reusable: number;
}

/**
 * KV pages under a byte budget. A sequence reserves all it may come to need before it starts, so that none ever gets stuck half
 * way; memory is taken page by page as positions are reached and given back at once when it ends. Shared pages count once. What
 * is left of the budget keeps pages that nobody uses now; a reservation takes their room when it needs it.
 */
export class PagePool {
  readonly prefixes = new PrefixCache();
  private promised = 0;
  private used = 0;

  constructor(
    private readonly heap: KernelHeap,
    readonly budget: number,
  ) {}

  /** Bytes promised to sequences, shared pages in use included. */
  get reservedBytes(): number {
    return this.promised + this.prefixes.heldBytes;
  }

  /** Bytes of pages that sequences use now. */
  get usedBytes(): number {
    return this.used + this.prefixes.heldBytes;
  }

  /** Whether so many bytes could ever be reserved. */
  fits(bytes: number): boolean {
    return bytes <= this.budget;
  }

  /**
   * A table for a sequence, beginning with what the prefix cache holds of it; undefined while other sequences hold the budget.
   * Refuses with `KERNEL_MEMORY`.
   */
  open(request: TableRequest): Result<PageTable | undefined> {
    const { positions, pageBytes } = request;
    const pages = Math.ceil(positions / PAGE_POSITIONS);
    const shared = this.known(request);
    const idle = shared.filter(({ holders }) => holders === 0).length;
    const needed = (pages - shared.length + idle) * pageBytes;
    if (this.reservedBytes + needed > this.budget) return ok(undefined);
    for (const page of shared) this.prefixes.hold(page);
    const address = this.heap.allocate(pages * 4);
    if (!address.ok) {
      for (const page of shared) this.prefixes.release(page);
      return address;
    }
    this.promised += pages * pageBytes;
    const table = new PageTable(this, address.value, pages, request);
    for (const page of shared) table.append(page);
    while (this.reservedBytes + this.prefixes.idleBytes > this.budget) this.evict();
    return ok(table);
  }

  /** Frees the page unused for longest; false when every page is in use. */
  evict(): boolean {
    const page = this.prefixes.evict();
    if (page) this.heap.release(page.address);
    return page !== undefined;
  }

  /** Frees all unused pages of a release. */
  forget(release: string): void {
    for (const page of this.prefixes.evictRelease(release)) this.heap.release(page.address);
  }

  /** For `PageTable`: a page of its own, out of what it was promised. */
  take(bytes: number, counts: number): Result<KvPage> {
    const place = this.heap.allocate(bytes);
    if (!place.ok) return place;
    this.used += bytes;
    return ok({ address: place.value, bytes, usage: new Uint8Array(counts), holders: 0 });
  }

  /** For `PageTable`: frees a page of its own; the promise stays. */
  free(page: KvPage): void {
    this.heap.release(page.address);
    this.used -= page.bytes;
  }

  /** For `PageTable`: a page of its own becomes one that others may use. */
  share(name: string, page: KvPage): void {
    this.used -= page.bytes;
    this.promised -= page.bytes;
    this.prefixes.add(name, page);
  }

  /** For `PageTable`: so much of what was promised is not needed. */
  unpromise(bytes: number): void {
    this.promised -= bytes;
  }

  /** For `PageTable`: gives the table back. */
  closeTable(address: number): void {
    this.heap.release(address);
  }

  /** For `PageTable`: writes an entry of a table. */
  write(table: number, index: number, page: number): void {
    this.heap.words(table + index * 4, 1)[0] = page;
  }

  /** The pages at the beginning of a sequence that the prefix cache holds. */
  private known({ names, ids, reusable }: TableRequest): KvPage[] {
    const pages: KvPage[] = [];
    if (!names) return pages;
    while ((pages.length + 1) * PAGE_POSITIONS <= reusable) {
      const page = this.prefixes.find(names.of(pages.length, ids));
      if (!page) break;
      pages.push(page);
    }
    return pages;
  }
}

/** A request that could not run even alone. */
export function kvBudgetExceeded(needed: number, budget: number): CodedError {
  const message = `the request needs ${needed} bytes of key/value cache, more than the ${budget} there are`;
  return new CodedError('KV_BUDGET_EXCEEDED', message, { needed, budget });
}
