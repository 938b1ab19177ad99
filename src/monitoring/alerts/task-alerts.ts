import { Injectable } from '@nestjs/common';
import { CodedError, EventBus, type StemmaEvents } from '../../common/index.js';
import { Instance } from '../../config/index.js';
import { AlertBook } from './alert-book.js';

/**
 * Makes alerts of what tasks find, such as a breached limit of a wallet, and of broken files that say what they may do: each server
 * reads files of its own, so that is trouble of its own. Acknowledging one ends it.
 */
@Injectable()
export class TaskAlerts {
  constructor(
    private readonly events: EventBus,
    private readonly book: AlertBook,
    private readonly instance: Instance,
  ) {}

  /**
   * Tells who listens, and writes the alert down; what is told again meanwhile is the same alert. A step that waits for this has an
   * alert that no crash can lose: cut off before, it is done again. Throws `DATABASE_UNAVAILABLE` (503) where a task's alert could not
   * be written down yet, so that its step is tried again.
   */
  async tell(found: StemmaEvents['task.alert']): Promise<void> {
    const { code, severity, detail, task } = found;
    const own = task === null;
    const fingerprint = own ? this.instance.own(`tasks.${code}`) : `tasks.${code}.${task}`;
    this.events.emit('task.alert', found);
    await this.book.raise({
      ...{ fingerprint, source: 'tasks', severity, summary: detail },
      evidence: { code, task, ...(own ? { seen_by: this.instance.label } : {}) },
      lasting: false,
    });
    if (!own && this.book.isWaiting(fingerprint)) throw notWritten();
  }
}

function notWritten(): CodedError {
  const detail = 'The alert could not be written down yet; it is tried again.';
  return new CodedError('DATABASE_UNAVAILABLE', detail, { retryAfter: 2 }, 503);
}
