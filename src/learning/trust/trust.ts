/** How a judged submission ended, as trust sees it. */
export type Judged = 'accepted' | 'rejected';

/** How much a contributor is trusted. */
export type TrustLevel = 'new' | 'trusted' | 'expert';

/** Submissions a contributor may make in a day. */
export const DAILY_QUOTA: Readonly<Record<TrustLevel, number>> = { new: 20, trusted: 200, expert: 1_000 };

/** What is known of a contributor. */
export interface Trust {
  readonly level: TrustLevel;
  readonly accepted: number;
  readonly rejected: number;
  /** Acceptances since the last rejection. */
  readonly streak: number;
  /** Rejections since trust was earned. */
  readonly failures: number;
}

const STREAK_FOR_TRUST = 3;
const FAILURES_TO_LOSE_IT = 5;
const ACCEPTED_FOR_EXPERT = 20;

/**
 * Trust follows from what became of a contributor's submissions, in the order they were judged: three acceptances in a row earn it,
 * the fifth rejection since then loses it, and whoever is trusted with twenty acceptances behind them is an expert.
 */
export function trustOf(history: Iterable<Judged>): Trust {
  let [trusted, accepted, rejected, streak, failures] = [false, 0, 0, 0, 0];
  for (const outcome of history) {
    if (outcome === 'accepted') {
      accepted++;
      streak++;
      if (streak % STREAK_FOR_TRUST !== 0) continue;
      trusted = true;
      failures = 0;
    } else {
      rejected++;
      streak = 0;
      failures++;
      if (failures >= FAILURES_TO_LOSE_IT) trusted = false;
    }
  }
  const level = !trusted ? 'new' : accepted >= ACCEPTED_FOR_EXPERT ? 'expert' : 'trusted';
  return { level, accepted, rejected, streak, failures: trusted ? failures : 0 };
}
