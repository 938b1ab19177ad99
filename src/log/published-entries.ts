import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LogFiles } from './files/log-files.js';
import { claimedCheckpoint } from './sequencer/log-publisher.js';

/** Where an entry of the outbox became visible: the number of its leaf and the leaf's bytes (UTF-8 text). */
export interface PublishedLeaf {
  readonly index: number;
  readonly leaf: Uint8Array;
}

/** Entries remembered after their publication: whoever waits for one asks within moments of its commit. */
const KEPT = 1024;
/** How often the database is asked where another process sequences, ms. */
const ASK_MS = 100;

/** Tells those who wait for an entry that it is under the published checkpoint; nobody has to ask the database for that. */
@Injectable()
export class PublishedEntries {
  private readonly recent = new Map<string, PublishedLeaf>();
  private readonly waiting = new Map<string, (leaf: PublishedLeaf) => void>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly files: LogFiles,
  ) {}

  /** Entries `ids` are published now as leaves from `first` on. */
  announce(first: number, entries: readonly { readonly id: string; readonly leaf: Uint8Array }[]): void {
    for (const [i, { id, leaf }] of entries.entries()) {
      const published = { index: first + i, leaf };
      this.recent.set(id, published);
      this.waiting.get(id)?.(published);
    }
    for (const id of this.recent.keys()) {
      if (this.recent.size <= KEPT) break;
      this.recent.delete(id);
    }
  }

  /**
   * Waits until the entry with an id is published; null when that takes longer than `deadlineMs`. One caller an entry.
   */
  async wait(id: string, deadlineMs: number): Promise<PublishedLeaf | null> {
    const told = this.recent.get(id);
    if (told !== undefined) return told;
    const over = new AbortController();
    const fromHere = new Promise<PublishedLeaf>((resolve) => this.waiting.set(id, resolve));
    try {
      return await Promise.race([fromHere, this.ask(id, deadlineMs, over.signal)]);
    } finally {
      this.waiting.delete(id);
      over.abort();
    }
  }

  /** Asks the database, for when another process sequences. */
  private async ask(id: string, deadlineMs: number, signal: AbortSignal): Promise<PublishedLeaf | null> {
    for (const end = performance.now() + deadlineMs; performance.now() < end;) {
      await delay(ASK_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return null;
      const [row] = await this.dataSource.query<{ leaf_index: string | null; leaf: string }[]>(
        'SELECT leaf_index, leaf FROM log_entries WHERE id = $1',
        [id],
      );
      if (row?.leaf_index == null) continue;
      const index = Number(row.leaf_index);
      if (index < ((await claimedCheckpoint(this.files))?.size ?? 0))
        return { index, leaf: Buffer.from(row.leaf) };
    }
    return null;
  }
}
