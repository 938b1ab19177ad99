/** An amount that was moved, or that a step wants to move. */
export interface Move {
  readonly actionType: string;
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly at: number;
  /** Whose it is, and how much the rules let be moved within a day (null: as much as anybody wants); null where it was moved anyway. */
  readonly asked: { readonly task: string; readonly limit: bigint | null } | null;
}

/** What is over a day's limit, and how much had been moved before it. */
export interface OverDaily {
  readonly limit: bigint;
  readonly total: bigint;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Adds up what is moved within any 24 hours, action by action and in the order of time, as the run does: what does not fit is not
 * moved, ends its task, and counts for nothing.
 * @returns the tasks that do not fit
 */
export function overDaily(moves: readonly Move[]): ReadonlyMap<string, OverDaily> {
  const over = new Map<string, OverDaily>();
  const days = new Map<string, Day>();
  for (const move of [...moves].sort((a, b) => a.at - b.at)) {
    const { actionType, asked } = move;
    const day = days.get(actionType) ?? new Day();
    days.set(actionType, day);
    const total = day.totalAt(move.at);
    if (asked !== null && over.has(asked.task)) continue;
    const limit = asked?.limit ?? null;
    if (asked !== null && limit !== null && total + move.amount > limit)
      over.set(asked.task, { limit, total });
    else day.add(move);
  }
  return over;
}

/** What was moved within the last 24 hours, looked at in the order of time. */
class Day {
  private readonly moves: Move[] = [];
  private first = 0;
  private total = 0n;

  totalAt(at: number): bigint {
    for (; this.first < this.moves.length && this.moves[this.first].at <= at - DAY_MS; this.first++)
      this.total -= this.moves[this.first].amount;
    return this.total;
  }

  add(move: Move): void {
    this.moves.push(move);
    this.total += move.amount;
  }
}
