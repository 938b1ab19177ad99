import { unpaidAudit } from '../checks/check-outcome.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { RewardedFall } from '../verdict/verdict.js';

/** What decides about the reward beside the fall itself. */
export interface RewardFacts {
  readonly checks: SubmissionRow['checks'];
  /** Whether a round has made it, whose members committed to their updates in the log. */
  readonly isRound: boolean;
  /** What accepted submissions of the same expert, from the same weights, or with new ones of the same layer were paid for. */
  readonly paid: number;
}

/**
 * The part of a fall that is paid for. Nothing of it where this server audits trainings and not this one: whoever shows nothing may have
 * copied, edited or found the weights, and they are worth no less for that, but nobody has earned them. Who has shown all that this server
 * asked for is paid, also where it cannot replay it after an upgrade. The same gain is paid once.
 */
export function rewardedFall(fall: number, { checks, isRound, paid }: RewardFacts): RewardedFall {
  const skipped = isRound ? null : unpaidAudit(checks);
  if (skipped !== null) {
    const reason = { code: 'NOT_AUDITED', detail: `nothing is paid without an audit: ${skipped}` };
    return { fall: 0, before: paid, reason };
  }
  const counted = Math.max(0, fall - paid);
  if (paid === 0) return { fall: counted, before: 0 };
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  const detail = `${percent(paid)} were paid for the same expert from the same weights, or for new ones of the same layer, before; paid is ${percent(counted)}`;
  return { fall: counted, before: paid, reason: { code: 'GAIN_PAID_BEFORE', detail } };
}
