import { Injectable } from '@nestjs/common';
import { CodedError, EventBus, type StemmaEvents } from '../../common/index.js';
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
   * alert that no crash can lose: cut off before, it is done again. Throws `DATABASE_UNAVAILABLE` (503) where a task's alert could not
   * be written down yet, so that its step is tried again.
   */
  async tell(found: StemmaEvents['task.alert']): Promise<void> {
    const { code, severity, detail, task } = found;
    const fingerprint = task === null ? `tasks.${code}` : `tasks.${code}.${task}`;
    this.events.emit('task.alert', found);
    await this.book.raise({
      ...{ fingerprint, source: 'tasks', severity, summary: detail },
      ...{ evidence: { code, task }, lasting: false },
    });
    if (task !== null && this.book.isWaiting(fingerprint)) throw notWritten();
  }
}

function notWritten(): CodedError {
  const detail = 'The alert could not be written down yet; it is tried again.';
  return new CodedError('DATABASE_UNAVAILABLE', detail, { retryAfter: 2 }, 503);
}
