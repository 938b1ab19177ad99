import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { EventBus, type StemmaEvents } from '../common/index.js';
import { JoinedWrites } from '../database/index.js';
import type { Notice } from './notice.js';
import { Notifier } from './notifier.js';
import { UrgentCalls } from './urgent-calls.js';

/** States of an alert that somebody has answered, or that is over. */
const ANSWERED = new Set(['acknowledged', 'resolved', 'silenced']);

/**
 * Turns critical alerts into notices, in the transaction that raises them, and settles them when somebody acknowledges the alert
 * or it is over. An alert that cannot be written down is called of at once, without the outbox.
 */
@Injectable()
export class AlertNotices implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly events: EventBus,
    private readonly joined: JoinedWrites,
    private readonly notifier: Notifier,
    private readonly calls: UrgentCalls,
  ) {}

  onModuleInit(): void {
    this.joined.join('alert.raised', (manager, alert) => this.follow(manager, alert));
    this.joined.join('alert.changed', (manager, alert) => this.follow(manager, alert));
  }

  onApplicationBootstrap(): void {
    this.stops.push(
      this.events.on('alert.raised', (alert) => this.told(alert)),
      this.events.on('alert.changed', (alert) => this.told(alert)),
      this.events.on('alert.written', ({ alert }) => this.calls.forget(keyOf(alert))),
    );
  }

  onModuleDestroy(): void {
    for (const stop of this.stops.splice(0)) stop();
  }

  private async follow(manager: EntityManager, alert: StemmaEvents['alert.raised']): Promise<void> {
    const notice = noticeOf(alert);
    const call = await this.calls.unwritten(manager, notice.key);
    const answered = isAnswered(alert);
    // Somebody who was called without the outbox hears of the end through it.
    if (!answered || call !== undefined) await this.notifier.enqueue(manager, notice, call);
    if (answered) await this.notifier.settle(manager, notice.key);
  }

  private told(alert: StemmaEvents['alert.raised']): void {
    const notice = noticeOf(alert);
    if (alert.unwritten === true) {
      if (!isAnswered(alert)) this.calls.begin(notice);
      return;
    }
    if (isAnswered(alert)) this.calls.forget(notice.key);
    this.notifier.committed();
  }
}

/** One that was critical and is not any more need not be answered either. */
function isAnswered({ state, severity }: StemmaEvents['alert.raised']): boolean {
  return ANSWERED.has(state) || severity !== 'critical';
}

function keyOf(alert: string): string {
  return `alert:${alert}`;
}

/** The notice an alert gives; the same alert has the same key. */
export function noticeOf(alert: StemmaEvents['alert.raised']): Notice {
  const where = alert.seenBy === undefined ? '' : `\nSeen by: ${alert.seenBy}`;
  return {
    key: keyOf(alert.alert),
    kind: 'alert',
    severity: alert.severity,
    title: alert.summary,
    text: `${alert.summary}\n\nSource: ${alert.source}\nFingerprint: ${alert.fingerprint}${where}\nState: ${alert.state}`,
    path: '/monitoring',
    needsAnswer: true,
  };
}
