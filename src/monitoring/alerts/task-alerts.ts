import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { EventBus, messageOf, type StemmaEvents } from '../../common/index.js';
import { AlertBook } from './alert-book.js';

/** Alerts that are being written at once; further ones are dropped, because the first say enough. */
const MOST_AT_ONCE = 32;

/** Makes alerts of what tasks tell of: a breached limit of a wallet, broken policies. Acknowledging one ends it. */
@Injectable()
export class TaskAlerts implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Alerts');
  private writing = 0;
  private stop = (): void => undefined;

  constructor(
    private readonly events: EventBus,
    private readonly book: AlertBook,
  ) {}

  onModuleInit(): void {
    this.stop = this.events.on('task.alert', (event) => void this.take(event));
  }

  onModuleDestroy(): void {
    this.stop();
  }

  private async take({ code, severity, detail, task }: StemmaEvents['task.alert']): Promise<void> {
    if (this.writing >= MOST_AT_ONCE) return;
    this.writing += 1;
    try {
      await this.book.raise({
        fingerprint: task === null ? `tasks.${code}` : `tasks.${code}.${task}`,
        ...{ source: 'tasks', severity, summary: detail, evidence: { code, task }, lasting: false },
      });
    } catch (thrown) {
      this.logger.error(`the alert ${code} could not be stored: ${messageOf(thrown)}`);
    } finally {
      this.writing -= 1;
    }
  }
}
