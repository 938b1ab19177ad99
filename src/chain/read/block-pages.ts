import { Injectable } from '@nestjs/common';
import { FreshCache } from '../../common/fresh-cache.js';
import { EventBus, unwrap } from '../../common/index.js';
import type { ChainId } from '../block/index.js';
import type { StoredBlock } from '../tables/block-queries.js';
import { BlockReader, type Page } from './block-reader.js';

/** How long a block of another replica may be missing from the newest pages. One of this process counts at once. */
const FRESH_MS = 1_000;
/** Pages kept are short, so that all of them together take some megabytes at most. */
const MOST_PAGES = 64;
const LONGEST_PAGE = 50;

/** The newest blocks of each chain, which everybody asks for, read once until another block is accepted. */
@Injectable()
export class BlockPages {
  private readonly pages: FreshCache<Page<StoredBlock>>;

  constructor(reader: BlockReader, events: EventBus) {
    const read = async (key: string) => {
      const [chain, limit] = key.split(' ');
      return unwrap(await reader.list(chain as ChainId, {}, { limit: Number(limit) }));
    };
    this.pages = new FreshCache(read, { freshMs: FRESH_MS, most: MOST_PAGES, keeps: isFinal });
    events.on('block.accepted', () => this.pages.clear());
  }

  /** The newest blocks of a chain; null for pages that are not kept. @param limit 1 to `PAGE_LIMIT` */
  newest(chain: ChainId, limit: number): Promise<Page<StoredBlock>> | null {
    return limit > LONGEST_PAGE ? null : this.pages.get(`${chain} ${limit}`);
  }
}

/** Whether every block has its place in the log; those that have none yet get one within a second. */
function isFinal({ items }: Page<StoredBlock>): boolean {
  return items.every(({ logIndex }) => logIndex !== null);
}
