import { Injectable } from '@nestjs/common';
import { CodedError } from '../../common/index.js';
import type { LogEntryInput } from '../entry.js';
import type { PublishedLeaf } from '../published-entries.js';

/** An entry on its way into the sequencer's next round. */
export interface DirectEntry {
  readonly kind: string;
  readonly subject: string;
  /** The leaf's text. */
  readonly leaf: string;
}

/** What an entry has come to: its id in the outbox, and its leaf where it was published before. */
export interface StoredEntry {
  readonly id: string;
  readonly leaf: PublishedLeaf | null;
}

/** Entries of a round; whoever takes them calls one of the two. */
export interface TakenEntries {
  readonly entries: readonly DirectEntry[];
  /** They are committed; one outcome each, in their order. */
  stored(outcomes: readonly StoredEntry[]): void;
  /** What became of them is not known. */
  failed(reason: unknown): void;
}

interface Waiting {
  readonly entry: DirectEntry;
  readonly outcome: PromiseWithResolvers<StoredEntry | null>;
  readonly timer: NodeJS.Timeout;
}

/** Entries that may wait before new ones are refused. */
const QUEUE_LIMIT = 8192;

/**
 * Entries that the sequencer of this process stores and numbers in one statement, so that whoever waits for his leaf costs one
 * flush of the database and not two. Closed while another process sequences.
 */
@Injectable()
export class DirectEntries {
  private waiting = new Map<string, Waiting>();
  private isOpen = false;

  /**
   * Resolves once the entry is committed, or was there before: there is one of a kind about a subject. Null, and nothing was done,
   * where this process does not sequence. Rejects with `LOG_BUSY` when too many wait, or nobody took the entry in time.
   * @param leaf gives the leaf's text
   */
  submit(
    { kind, subject }: LogEntryInput,
    leaf: () => string,
    deadlineMs: number,
  ): Promise<StoredEntry | null> {
    if (!this.isOpen) return Promise.resolve(null);
    const key = `${kind} ${subject}`;
    const same = this.waiting.get(key);
    if (same !== undefined) return same.outcome.promise;
    if (this.waiting.size >= QUEUE_LIMIT) return Promise.reject(busy());
    const outcome = Promise.withResolvers<StoredEntry | null>();
    const entry = { kind, subject, leaf: leaf() };
    const timer = setTimeout(() => {
      this.waiting.delete(key);
      outcome.reject(busy());
    }, deadlineMs);
    this.waiting.set(key, { entry, outcome, timer });
    return outcome.promise;
  }

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** The sequencer takes entries from now on. */
  open(): void {
    this.isOpen = true;
  }

  /** It takes none any more: those that wait are given back. */
  close(): void {
    this.isOpen = false;
    for (const { outcome } of this.takeWaiting(this.waiting.size)) outcome.resolve(null);
  }

  /** The entries that have waited longest, at most `limit`. */
  take(limit: number): TakenEntries {
    const taken = this.takeWaiting(limit);
    return {
      entries: taken.map(({ entry }) => entry),
      stored: (outcomes) => taken.forEach(({ outcome }, i) => outcome.resolve(outcomes[i])),
      failed: (reason) => taken.forEach(({ outcome }) => outcome.reject(reason)),
    };
  }

  private takeWaiting(limit: number): Waiting[] {
    const taken: Waiting[] = [];
    for (const [key, waiting] of this.waiting) {
      if (taken.length >= limit) break;
      this.waiting.delete(key);
      clearTimeout(waiting.timer);
      taken.push(waiting);
    }
    return taken;
  }
}

function busy(): CodedError {
  return new CodedError('LOG_BUSY', 'Too many log entries wait to be stored.', {}, 503);
}
