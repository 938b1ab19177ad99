import { Injectable } from '@nestjs/common';
import { CodedError, err, EventBus, ok, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { roundEntry } from './round-log.js';
import { CANCELLED, roundConflict } from './round-refusals.js';
import type { RoundRow } from './round-row.js';
import { RoundStore } from './round-store.js';
import { ROUND_STATES } from './states.js';
import { termsHash } from './terms.js';

/** Who wants a round to end, and why. */
export interface Cancellation {
  readonly account: string;
  /** Whether it acts as a guardian, and not only as who has announced the round. */
  readonly guardian: boolean;
  readonly reason: string;
}

/** Ends rounds before they have a result. */
@Injectable()
export class RoundCancellation {
  constructor(
    private readonly store: RoundStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly events: EventBus,
  ) {}

  /**
   * Cancels a round; one that is cancelled already stays as it is. Whoever announced it may do so until an update is shown, a guardian until it
   * is handed in: `ROUND_FOREIGN` (403), `ROUND_SHOWN`, `ROUND_CLOSED` (409) for one that has ended otherwise.
   */
  async cancel(id: string, by: Cancellation): Promise<Result<RoundRow>> {
    const cancelled = await this.transactions.run(async (manager): Promise<Result<boolean>> => {
      const held = await this.store.hold(manager, id);
      if (!held.ok) return held;
      const needed = changeOf(held.value, by);
      if (!needed.ok || !needed.value) return needed;
      const { account, reason } = by;
      await this.store.move(manager, held.value, 'failed', 0, { code: CANCELLED, detail: reason });
      const hash = termsHash(held.value.terms);
      await this.log.append(manager, [roundEntry('cancelled', id, account, hash, { reason })]);
      return ok(true);
    });
    if (!cancelled.ok) return cancelled;
    const row = await this.store.one(id);
    if (cancelled.value) this.log.committed();
    if (cancelled.value && row.ok)
      this.events.emit('round.changed', { round: id, model: row.value.terms.model, state: 'failed' });
    return row;
  }
}

/** Whether there is anything to change; a refusal where it may not be. */
function changeOf(row: RoundRow, { account, guardian }: Cancellation): Result<boolean> {
  if (!guardian && row.account !== account) {
    const message = 'only who has announced a round, or a guardian, may cancel it';
    return err(new CodedError('ROUND_FOREIGN', message, { round: row.id }, 403));
  }
  if (row.code === CANCELLED) return ok(false);
  if (ROUND_STATES.isFinal(row.state))
    return err(roundConflict('ROUND_CLOSED', `${row.id} is ${row.state}: there is nothing to cancel`));
  if (guardian || row.counts.revealed === 0) return ok(true);
  const message = 'members have shown their updates: only a guardian may cancel the round now';
  return err(roundConflict('ROUND_SHOWN', message));
}
