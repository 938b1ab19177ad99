import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BlockReader, type StoredBlock } from '../../chain/index.js';
import { FreshCache } from '../../common/fresh-cache.js';
import { err, EventBus, messageOf, unwrap, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { readJsonPayload } from './json-payload.js';
import { parseReleasePayload, type ReleasePayload } from './release-payload.js';
import { releaseRow } from './release-row.js';
import {
  allModels,
  insertRelease,
  lastIndexed,
  releasesOf,
  type ModelRow,
  type ReleaseRow,
} from './release-table.js';

/** How long a promotion or a release of another replica may go unnoticed in lists. This process's own count at once. */
const FRESH_MS = 1_000;
const MOST_LISTS = 64;

/** The releases that chain A tells of, in a table that follows the chain. */
@Injectable()
export class ReleaseCatalog {
  private readonly modelList = new FreshCache(() => allModels(this.dataSource.manager), {
    freshMs: FRESH_MS,
    most: 1,
  });
  private readonly releaseLists = new FreshCache((model) => releasesOf(this.dataSource.manager, model), {
    freshMs: FRESH_MS,
    most: MOST_LISTS,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly reader: BlockReader,
    events: EventBus,
  ) {
    events.on('release.live', () => this.forget());
    const logger = new Logger('Experts');
    events.on('block.accepted', ({ type }) => {
      if (type !== 'release') return;
      this.sync().catch((thrown: unknown) =>
        logger.warn(`a release was not taken in yet: ${messageOf(thrown)}`),
      );
    });
  }

  /** Takes in the releases that were published since the last call; safe to call at any time, by anybody. */
  async sync(): Promise<void> {
    const from = await lastIndexed(this.dataSource.manager);
    const rows = await this.readChain(from + 1);
    if (rows.length > 0) await this.transactions.run((manager) => insertAll(manager, rows));
    this.forget();
  }

  /** All models by name. */
  models(): Promise<readonly ModelRow[]> {
    return this.modelList.get('');
  }

  /** All releases of a model, oldest first. */
  releases(model: string): Promise<readonly ReleaseRow[]> {
    return this.releaseLists.get(model);
  }

  /** What a release block says. */
  async payload(release: string): Promise<Result<ReleasePayload>> {
    const json = await readJsonPayload(this.reader, release);
    return json.ok ? parseReleasePayload(json.value) : err(json.error);
  }

  private forget(): void {
    this.modelList.clear();
    this.releaseLists.clear();
  }

  /** Release rows of chain A from a position on. A block whose payload is no release is passed over. */
  private async readChain(from: number): Promise<ReleaseRow[]> {
    const rows: ReleaseRow[] = [];
    for (let cursor: string | undefined; ;) {
      const { items, nextCursor } = unwrap(
        await this.reader.list('A', { type: 'release' }, { limit: 100, cursor }),
      );
      const fresh = items.filter(({ index }) => index >= from);
      for (const block of fresh) {
        const row = await this.toRow(block);
        if (row.ok) rows.push(row.value);
      }
      if (nextCursor === null || fresh.length < items.length) return rows;
      cursor = nextCursor;
    }
  }

  private async toRow(block: StoredBlock): Promise<Result<ReleaseRow>> {
    const payload = await this.reader.payload(block.hash);
    return payload.ok ? releaseRow(block, payload.value) : payload;
  }
}

async function insertAll(manager: EntityManager, rows: readonly ReleaseRow[]): Promise<void> {
  for (const row of [...rows].sort((a, b) => a.chainIndex - b.chainIndex)) await insertRelease(manager, row);
}
