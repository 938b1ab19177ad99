import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LogFiles } from './files/log-files.js';
import { claimedCheckpoint } from './sequencer/log-publisher.js';

/** Where an entry of the outbox became visible: the number of its leaf and the leaf's bytes (UTF-8 text). */
export interface PublishedLeaf {
  readonly index: number;
  readonly leaf: Uint8Array;
}

interface Waiting {
  /** When waiting ends, by `performance.now()`. */
  readonly until: number;
  readonly resolve: (leaf: PublishedLeaf | null) => void;
}

/** Entries remembered after their publication: whoever waits for one asks within moments of its commit. */
const KEPT = 1024;
/** How often the database is asked where another process sequences, ms. */
const ASK_MS = 100;

/** Tells those who wait for an entry that it is under the published checkpoint; nobody has to ask the database for that. */
@Injectable()
export class PublishedEntries implements OnModuleDestroy {
  private readonly recent = new Map<string, PublishedLeaf>();
  private readonly waiting = new Map<string, Waiting[]>();
  private asking: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataSource: Pick<DataSource, 'query'>,
    private readonly files: Pick<LogFiles, 'readCheckpoint'>,
  ) {}

  /** Nobody is waited for any more. */
  onModuleDestroy(): void {
    for (const id of [...this.waiting.keys()]) this.tell(id, null);
  }

  /** Entries `ids` are published now as leaves from `first` on. */
  announce(first: number, entries: readonly { readonly id: string; readonly leaf: Uint8Array }[]): void {
    for (const [i, { id, leaf }] of entries.entries()) {
      const published = { index: first + i, leaf };
      this.recent.set(id, published);
      this.tell(id, published);
    }
    for (const id of this.recent.keys()) {
      if (this.recent.size <= KEPT) break;
      this.recent.delete(id);
    }
  }

  /** Waits until the entry with an id is published; null when that takes longer than `deadlineMs`. */
  wait(id: string, deadlineMs: number): Promise<PublishedLeaf | null> {
    const told = this.recent.get(id);
    if (told !== undefined) return Promise.resolve(told);
    return new Promise((resolve) => {
      const one = { until: performance.now() + deadlineMs, resolve };
      const others = this.waiting.get(id);
      if (others === undefined) this.waiting.set(id, [one]);
      else others.push(one);
      this.asking ??= setInterval(() => void this.ask().catch(() => undefined), ASK_MS);
    });
  }

  /** The id of the first entry of a kind about a subject; null when there is none. */
  async find(kind: string, subject: string): Promise<string | null> {
    const [row] = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM log_entries WHERE subject = $1 AND kind = $2 ORDER BY id LIMIT 1',
      [subject, kind],
    );
    return row?.id ?? null;
  }

  /** Lets go whose time is over, and asks the database for the others, for when another process sequences. */
  private async ask(): Promise<void> {
    const now = performance.now();
    for (const [id, all] of [...this.waiting]) {
      const left = all.filter(({ until }) => until > now);
      for (const { until, resolve } of all) if (until <= now) resolve(null);
      if (left.length === 0) this.forget(id);
      else this.waiting.set(id, left);
    }
    if (this.waiting.size === 0) return;
    const rows = await this.dataSource.query<{ id: string; leaf_index: string; leaf: string }[]>(
      'SELECT id, leaf_index, leaf FROM log_entries WHERE id = ANY ($1::bigint[]) AND leaf_index IS NOT NULL',
      [[...this.waiting.keys()]],
    );
    const size = rows.length === 0 ? 0 : ((await claimedCheckpoint(this.files))?.size ?? 0);
    for (const { id, leaf_index: index, leaf } of rows)
      if (Number(index) < size) this.tell(id, { index: Number(index), leaf: Buffer.from(leaf) });
  }

  private tell(id: string, leaf: PublishedLeaf | null): void {
    const all = this.waiting.get(id);
    if (all === undefined) return;
    this.forget(id);
    for (const { resolve } of all) resolve(leaf);
  }

  private forget(id: string): void {
    this.waiting.delete(id);
    if (this.waiting.size > 0 || this.asking === null) return;
    clearInterval(this.asking);
    this.asking = null;
  }
}
