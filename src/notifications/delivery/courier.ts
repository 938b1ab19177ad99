import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { backoffMs } from '../../common/backoff.js';
import { CodedError, messageOf } from '../../common/index.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { Channels } from '../channels/channels.js';
import type { ClaimedDelivery } from '../store/notification-rows.js';
import { NotificationStore } from '../store/notification-store.js';
import { pageAddress, sendInTime } from './send-notice.js';
import { Turns } from './turns.js';

/** How often due deliveries are looked for, ms; those of this process are told of at once. */
const POLL_MS = 2_000;
/** Deliveries on their way at a time, by each channel. */
const AT_ONCE = 8;
/** Attempts of one delivery, until it is given up for a while; with the usual settings they span some eight minutes. */
export const MOST_ATTEMPTS = 8;
const LONGEST_WAIT_MS = 10 * 60_000;
const TIDY_EVERY_MS = 60 * 60_000;
/** How often those that were given up are looked for. */
const REVIVE_EVERY_MS = 60_000;

/**
 * Carries notices from the outbox to their channels, again and again until they arrive or are given up, and after a while anew. Each
 * channel has its own lane: what waits for one that does not answer keeps nobody else from being told.
 */
@Injectable()
export class Courier implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Notifications');
  private readonly stopping = new AbortController();
  private readonly outcomes: { inc(labels: Readonly<Record<string, string>>): void };
  private timer: NodeJS.Timeout | undefined;
  private readonly looking = new Turns(
    () => this.look(),
    (thrown) => this.complain(thrown),
  );
  private readonly lanes: readonly Turns[];
  private tidyAt = 0;
  private reviveAt = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly channels: Channels,
    private readonly store: NotificationStore,
    private readonly transactions: Transactions,
    metrics: MetricRegistry,
  ) {
    this.outcomes = metrics.counter({
      name: 'stemma_notifications_total',
      help: 'Attempts to send a notice, by channel and outcome (sent, retried, failed)',
      labels: ['channel', 'outcome'],
    });
    const names = channels.all.map(({ name }) => name);
    this.lanes = [...names.map((channel) => ({ channel })), { noneOf: names }].map(
      (of) =>
        new Turns(
          () => this.carry(of),
          (thrown) => this.complain(thrown),
        ),
    );
  }

  onApplicationBootstrap(): void {
    if (this.channels.all.length === 0) return;
    this.timer = setInterval(() => this.wake(), POLL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.looking.end();
    await Promise.all(this.lanes.map((lane) => lane.end()));
  }

  /** Looks for due deliveries now. A look during another one makes that look twice. */
  wake(): void {
    if (!this.stopping.signal.aborted && this.channels.all.length > 0) this.looking.ask();
  }

  private async look(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    await this.escalateUnanswered(null);
    if (performance.now() >= this.reviveAt) {
      this.reviveAt = performance.now() + REVIVE_EVERY_MS;
      await this.store.revive(this.channels.all.map(({ name }) => name));
    }
    for (const lane of this.lanes) lane.ask();
    if (performance.now() < this.tidyAt) return;
    this.tidyAt = performance.now() + TIDY_EVERY_MS;
    await this.store.tidy();
  }

  private async carry(of: Parameters<NotificationStore['claim']>[1]): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const due = await this.store.claim(AT_ONCE, of);
      await Promise.all(due.map((delivery) => this.deliver(delivery)));
      if (due.length < AT_ONCE) return;
    }
  }

  private async deliver({ notice, channel: name, attempt }: ClaimedDelivery): Promise<void> {
    const channel = this.channels.named(name);
    const delivery = { id: notice.id, channel: name, event: notice.event };
    // A channel that was configured when the notice was enqueued, and is no more.
    if (channel === undefined) return this.giveUp(delivery, 'the channel is not configured any more');
    const link = pageAddress(this.config, notice.path);
    const outgoing = { ...notice, node: this.config.nodeName, link };
    const sent = await sendInTime(channel, outgoing, this.stopping.signal);
    if (sent.ok) {
      this.outcomes.inc({ channel: name, outcome: 'sent' });
      return this.transactions.run((manager) => this.store.sent(manager, notice.id, name, notice.event));
    }
    // Cut off by the end of the server: the next one takes it up when the lease is over.
    if (this.stopping.signal.aborted) return;
    await this.refused(delivery, attempt, sent.error);
  }

  private async refused(
    delivery: { id: string; channel: string; event: string },
    attempt: number,
    error: CodedError,
  ): Promise<void> {
    if (error.code === 'NOTIFY_REJECTED' || attempt >= MOST_ATTEMPTS)
      return this.giveUp(delivery, error.message);
    this.outcomes.inc({ channel: delivery.channel, outcome: 'retried' });
    const waitMs = backoffMs(this.config.notifyRetryMs, attempt, LONGEST_WAIT_MS);
    await this.transactions.run((manager) => this.store.failed(manager, delivery, error.message, waitMs));
    const timer = setTimeout(() => this.wake(), waitMs);
    timer.unref();
  }

  /** Whoever cannot be told must not keep others from being told. */
  private async giveUp(delivery: { id: string; channel: string; event: string }, why: string): Promise<void> {
    this.outcomes.inc({ channel: delivery.channel, outcome: 'failed' });
    this.logger.error(`a notice could not be sent by ${delivery.channel}: ${why}`);
    await this.transactions.run((manager) => this.store.failed(manager, delivery, why, null));
    if (delivery.event === 'raised') await this.escalateUnanswered(delivery.id, delivery.channel);
  }

  private async escalateUnanswered(id: string | null, from?: string): Promise<void> {
    const minutes = this.config.notifyEscalateMinutes;
    const escalated = await this.transactions.run(async (manager) => {
      const late = (await this.store.unanswered(manager, id)).filter(
        ({ stage }) => from === undefined || stage === from,
      );
      for (const { id: each, stage } of late)
        await this.store.escalate(manager, each, this.channels.after(stage)?.name ?? null, minutes);
      return late.length;
    });
    if (escalated > 0) this.wake();
  }

  private complain(thrown: unknown): void {
    this.logger.warn(`could not look after notices: ${messageOf(thrown)}`);
  }
}
