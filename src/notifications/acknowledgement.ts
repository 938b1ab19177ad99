import { Injectable } from '@nestjs/common';
import { CodedError, err, hashJson, ok, systemClock, type Result } from '../common/index.js';
import { Transactions } from '../database/index.js';
import { LogAppender } from '../log/index.js';
import { Notifier } from './notifier.js';
import type { NoticeRow } from './store/notification-rows.js';
import { NotificationStore } from './store/notification-store.js';

/** Kind of the leaf that says who has seen a notice. */
export const ACKNOWLEDGED = 'notification.acknowledged';

/** Takes down that somebody has seen a notice: nobody else is called about it, and channels that were told hear of it. */
@Injectable()
export class Acknowledgement {
  constructor(
    private readonly transactions: Transactions,
    private readonly store: NotificationStore,
    private readonly notifier: Notifier,
    private readonly log: LogAppender,
  ) {}

  /** Ends a notice. `NOTIFICATION_NOT_FOUND` (404), `NOTIFICATION_SETTLED` (409). */
  async acknowledge(id: string, actor: string, reason: string): Promise<Result<NoticeRow>> {
    const ended = await this.transactions.run(async (manager): Promise<Result<NoticeRow>> => {
      const key = await this.store.acknowledge(manager, id, actor, reason);
      if (key === null) return err((await this.store.one(id, manager)) === null ? unknown(id) : settled(id));
      await this.notifier.settle(manager, key);
      // The log is public, and what somebody knows may not be.
      const hash = hashJson({ notification: id, actor, reason, at: systemClock.now() });
      await this.log.append(manager, [{ kind: ACKNOWLEDGED, subject: id, actor, hash, data: {} }]);
      return ok((await this.store.one(id, manager)) as NoticeRow);
    });
    if (!ended.ok) return ended;
    this.log.committed();
    this.notifier.committed();
    return ended;
  }
}

function unknown(id: string): CodedError {
  return new CodedError('NOTIFICATION_NOT_FOUND', `There is no notice ${id}.`, { notification: id }, 404);
}

function settled(id: string): CodedError {
  const detail = 'The notice was settled before: somebody else has answered, or it is over.';
  return new CodedError('NOTIFICATION_SETTLED', detail, { notification: id }, 409);
}
