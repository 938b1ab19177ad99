import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes, type Sha256 } from '../../common/index.js';
import { encodeTokenIds } from '../commitment/index.js';
import { PAGE_POSITIONS } from './abi.js';

const DOMAIN = 'stemma/kv-page/v1';

/** Keys and values of 32 positions of one sequence, or of several that begin with the same tokens. */
export interface KvPage {
  /** Where it lies: float32 [layers][2][kvHeads][32][headDim]. */
  readonly address: number;
  readonly bytes: number;
  /** Tokens of these positions per layer and expert (at most 32): receipts count them though nobody computes them again. */
  readonly usage: Uint8Array;
  /** Name of a shared page, which nobody writes to any more; undefined while it belongs to one sequence. */
  key?: string;
  /** Sequences that use a shared page. */
  holders: number;
}

/**
 * Names pages by all they depend on: name i = SHA-256(name i-1 ‖ token ids of page i, u32le), the first after
 * SHA-256("stemma/kv-page/v1" ‖ release). What a page holds follows from these bit by bit, whoever computed it.
 */
export class PageNames {
  private readonly names: Uint8Array[] = [];
  private readonly texts: string[] = [];

  /** @param release 64 hex digits */
  constructor(
    readonly release: string,
    private readonly sha256: Sha256,
  ) {}

  /** The name of a page. @param ids tokens of the sequence, at least up to the page's end; always the same ones */
  of(index: number, ids: readonly number[]): string {
    for (let page = this.names.length; page <= index; page++) {
      const own = ids.slice(page * PAGE_POSITIONS, (page + 1) * PAGE_POSITIONS);
      if (own.length < PAGE_POSITIONS) throw new RangeError(`the tokens of page ${page} are not known yet`);
      const name = this.sha256(concatBytes(this.before(page), encodeTokenIds(own)));
      this.names.push(name);
      this.texts.push(`${this.release}/${bytesToHex(name)}`);
    }
    return this.texts[index];
  }

  private before(page: number): Uint8Array {
    if (page > 0) return this.names[page - 1];
    return this.sha256(concatBytes(utf8ToBytes(DOMAIN), hexToBytes(this.release)));
  }
}

/** Figures of the prefix cache since the start. */
export interface PrefixCacheStats {
  /** Pages that requests share or may come to share, and their bytes; those nobody uses now are part of both. */
  readonly pages: number;
  readonly bytes: number;
  /** Bytes that nobody uses now: given up when a request needs the room. */
  readonly idleBytes: number;
  /** Pages of prompts that were taken from the cache, and those that had to be computed. */
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

/**
 * Full pages by name. Those that no sequence uses stay until somebody needs their room, the ones unused for longest going first. A
 * sequence gives its pages back from the last to the first, so that no page goes before those that continue it.
 */
export class PrefixCache {
  private readonly pages = new Map<string, KvPage>();
  /** In order of last use. */
  private readonly idle = new Map<string, KvPage>();
  private held = 0;
  private unused = 0;
  private hits = 0;
  private misses = 0;
  private evictions = 0;

  /** Bytes in use, each page counted once. */
  get heldBytes(): number {
    return this.held;
  }

  /** Bytes that could be given up. */
  get idleBytes(): number {
    return this.unused;
  }

  /** The page of that name, if it is here. */
  find(name: string): KvPage | undefined {
    return this.pages.get(name);
  }

  /** Counts a page of a prompt that was taken from here, or had to be computed. */
  count(hit: boolean): void {
    if (hit) this.hits++;
    else this.misses++;
  }

  /** Takes in a page of one sequence, which goes on using it. */
  add(name: string, page: KvPage): void {
    page.key = name;
    page.holders = 1;
    this.pages.set(name, page);
    this.held += page.bytes;
  }

  /** One more sequence uses a page. */
  hold(page: KvPage): void {
    if (page.holders++ > 0) return;
    this.idle.delete(page.key!);
    this.unused -= page.bytes;
    this.held += page.bytes;
  }

  /** A sequence needs a page no longer. */
  release(page: KvPage): void {
    if (--page.holders > 0) return;
    this.idle.set(page.key!, page);
    this.held -= page.bytes;
    this.unused += page.bytes;
  }

  /** Gives up the page unused for longest; its memory is the caller's to free. Undefined when all are in use. */
  evict(): KvPage | undefined {
    const page = this.idle.values().next().value;
    if (!page) return undefined;
    this.evictions++;
    return this.forget(page);
  }

  /** Gives up all unused pages of a release. */
  evictRelease(release: string): KvPage[] {
    const pages = [...this.idle.values()].filter(({ key }) => key!.startsWith(`${release}/`));
    return pages.map((page) => this.forget(page));
  }

  /** Figures since the start. */
  stats(): PrefixCacheStats {
    const { hits, misses, evictions, unused: idleBytes } = this;
    return { pages: this.pages.size, bytes: this.held + idleBytes, idleBytes, hits, misses, evictions };
  }

  private forget(page: KvPage): KvPage {
    this.idle.delete(page.key!);
    this.pages.delete(page.key!);
    this.unused -= page.bytes;
    return page;
  }
}
