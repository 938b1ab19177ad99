import { Injectable } from '@nestjs/common';
import { EventBus, type StemmaEvents } from '../../common/index.js';
import { AlertBook } from './alert-book.js';

/** Makes alerts of what tasks find: a breached limit of a wallet, broken policies. Acknowledging one ends it. */
@Injectable()
export class TaskAlerts {
  constructor(
    private readonly events: EventBus,
    private readonly book: AlertBook,
  ) {}

  /**
   * Tells who listens, and writes the alert down; what is told again meanwhile is the same alert. A step that waits for this has an
   * alert that no crash can lose: cut off before, it is done again.
   */
  async tell(found: StemmaEvents['task.alert']): Promise<void> {
    const { code, severity, detail, task } = found;
    this.events.emit('task.alert', found);
    await this.book.raise({
      fingerprint: task === null ? `tasks.${code}` : `tasks.${code}.${task}`,
      ...{ source: 'tasks', severity, summary: detail, evidence: { code, task }, lasting: false },
    });
  }
}
