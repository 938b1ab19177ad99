import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { backoffMs } from '../common/backoff.js';
import { systemClock } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { Transactions } from '../database/index.js';
import { Channels } from './channels/channels.js';
import { pageAddress, sendInTime } from './delivery/send-notice.js';
import { bounded, type Notice } from './notice.js';
import { noticeId, NotificationStore } from './store/notification-store.js';

/** Calls that are remembered until they are written down; the oldest is forgotten first. */
const MOST_CALLS = 100;
/** Rounds through all channels. */
const MOST_ROUNDS = 8;
const LONGEST_WAIT_MS = 10 * 60_000;

/** A call that was made, or is being made, without the outbox. */
export interface UrgentCall {
  readonly id: string;
  /** Name of the channel that took it; null while none has. */
  readonly channel: string | null;
}

/**
 * Calls people although nothing can be written down: the database is away or full, which is what they are called for. The first
 * channel that takes a notice is enough. When it is written down later, it has the same id and is not sent to that channel again.
 */
@Injectable()
export class UrgentCalls implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Notifications');
  private readonly stopping = new AbortController();
  private readonly calls = new Map<string, UrgentCall>();
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly config: AppConfig,
    private readonly channels: Channels,
    private readonly store: NotificationStore,
    private readonly transactions: Transactions,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  /** Calls at once, beside the caller; once for each key. */
  begin(notice: Notice): void {
    if (this.channels.all.length === 0 || this.calls.has(notice.key)) return;
    if (this.calls.size >= MOST_CALLS)
      for (const oldest of [...this.calls.keys()].slice(0, 1)) this.calls.delete(oldest);
    const call = { id: noticeId(), channel: null };
    this.calls.set(notice.key, call);
    this.beside(this.make(notice, call.id));
  }

  /** The call of a key that the outbox does not have yet; undefined where nobody was called without it. */
  async unwritten(manager: EntityManager, key: string): Promise<UrgentCall | undefined> {
    const call = this.calls.get(key);
    // One that the outbox has may be settled: whoever is called now is called by a notice of its own.
    if (call === undefined || (await this.store.one(call.id, manager)) !== null) return undefined;
    // Read again: somebody may have taken it meanwhile.
    return this.calls.get(key);
  }

  /** Says that a call is written down, after the commit: from now on it is the outbox's. */
  forget(key: string): void {
    const call = this.calls.get(key);
    this.calls.delete(key);
    // It may have been taken after the outbox was told of it.
    if (call !== undefined && call.channel !== null) this.beside(this.note(call.id, call.channel));
  }

  private async make(notice: Notice, id: string): Promise<void> {
    const { signal } = this.stopping;
    const link = pageAddress(this.config, notice.path);
    const facts = { id, event: 'raised' as const, node: this.config.nodeName, link, at: systemClock.now() };
    const outgoing = { ...bounded(notice), ...facts };
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      for (const channel of this.channels.all) {
        const sent = await sendInTime(channel, outgoing, signal);
        if (sent.ok) return this.took(notice.key, id, channel.name);
        this.logger.warn(`a call could not be made by ${channel.name}: ${sent.error.message}`);
      }
      await delay(backoffMs(this.config.notifyRetryMs, round, LONGEST_WAIT_MS), undefined, { signal });
      if (await this.isWritten(id)) return;
    }
    this.logger.error('nobody could be called; the notice is sent when it can be written down');
  }

  /** Work that a stop waits for; what fails of it does no harm: the outbox sends the notice again, under the same id. */
  private beside(work: Promise<void>): void {
    const done: Promise<unknown> = work.catch(() => undefined).finally(() => this.running.delete(done));
    this.running.add(done);
  }

  /** The outbox learns it when the notice is written down, or now where it is. */
  private took(key: string, id: string, channel: string): Promise<void> {
    if (this.calls.get(key)?.id === id) this.calls.set(key, { id, channel });
    return this.note(id, channel);
  }

  /** Tells the outbox, where it has the notice, which channel took it. */
  private note(id: string, channel: string): Promise<void> {
    return this.transactions.run((manager) => this.store.taken(manager, id, channel));
  }

  /** Whether the outbox has it by now and sends it itself. */
  private isWritten(id: string): Promise<boolean> {
    return this.store.one(id).then(
      (row) => row !== null,
      () => false,
    );
  }
}
