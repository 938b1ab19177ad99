import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventBus, messageOf, type StemmaEvents } from '../common/index.js';
import { Transactions } from '../database/index.js';
import type { Notice } from './notice.js';
import { Notifier } from './notifier.js';

/** States of an alert that somebody has answered, or that is over. */
const ANSWERED = new Set(['acknowledged', 'resolved', 'silenced']);

/** Turns critical alerts into notices, and settles them when somebody acknowledges the alert or it is over. */
@Injectable()
export class AlertNotices implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Notifications');
  private readonly stops: (() => void)[] = [];
  /** One change after another, so that an alert is not settled before it is enqueued. */
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly events: EventBus,
    private readonly transactions: Transactions,
    private readonly notifier: Notifier,
  ) {}

  onApplicationBootstrap(): void {
    this.stops.push(
      this.events.on('alert.raised', (alert) => this.follow(alert)),
      this.events.on('alert.changed', (alert) => this.follow(alert)),
    );
  }

  async onModuleDestroy(): Promise<void> {
    for (const stop of this.stops.splice(0)) stop();
    await this.last;
  }

  private follow(alert: StemmaEvents['alert.raised']): void {
    const notice = noticeOf(alert);
    // One that was critical and is not any more need not be answered either.
    const answered = ANSWERED.has(alert.state) || alert.severity !== 'critical';
    this.last = this.last
      .then(async () => {
        await this.transactions.run((manager) =>
          answered ? this.notifier.settle(manager, notice.key) : this.notifier.enqueue(manager, notice),
        );
        this.notifier.committed();
      })
      .catch((thrown: unknown) => this.logger.error(`an alert was not passed on: ${messageOf(thrown)}`));
  }
}

/** The notice an alert gives; the same alert has the same key. */
export function noticeOf(alert: StemmaEvents['alert.raised']): Notice {
  return {
    key: `alert:${alert.alert}`,
    kind: 'alert',
    severity: alert.severity,
    title: alert.summary,
    text: `${alert.summary}\n\nSource: ${alert.source}\nFingerprint: ${alert.fingerprint}\nState: ${alert.state}`,
    path: '/monitoring',
    needsAnswer: true,
  };
}
