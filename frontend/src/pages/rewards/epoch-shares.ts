import type { EpochRecord, EpochSummary } from '../../api/rewards.js';

/** What an epoch did for one account; units as strings of digits. */
export interface EpochShare {
  readonly account: string;
  /** Earned in this epoch. */
  readonly earned: string;
  /** Paid at its end, with what was carried over from earlier ones. */
  readonly paid: string;
  /** Too little to be paid yet; carried over to the next. */
  readonly carried: string;
}

/** Everybody who earned something in an epoch or was paid at its end: who was paid most first, then by what was earned, then by name. */
export function sharesOf({
  earned,
  paid,
  after,
}: Pick<EpochRecord, 'earned' | 'paid' | 'after'>): EpochShare[] {
  const sums = new Map<string, { earned: bigint; paid: bigint }>();
  const of = (account: string) => {
    const known = sums.get(account) ?? { earned: 0n, paid: 0n };
    sums.set(account, known);
    return known;
  };
  for (const { account, amount } of earned) of(account).earned += BigInt(amount);
  for (const { account, amount } of paid) of(account).paid += BigInt(amount);
  const sorted = Array.from(sums, ([account, sum]) => ({ account, ...sum })).sort(
    (a, b) =>
      descending(a.paid, b.paid) || descending(a.earned, b.earned) || (a.account < b.account ? -1 : 1),
  );
  return sorted.map((sum) => ({
    ...{ account: sum.account, earned: String(sum.earned), paid: String(sum.paid) },
    carried: after.owed[sum.account] ?? '0',
  }));
}

/** Where an epoch stands, in words. */
export function stateOf({
  totals,
  log_index: leaf,
}: Pick<EpochSummary, 'totals' | 'log_index'>):
  'waits for the log' | 'paid' | 'carried over' | 'nothing earned' {
  if (leaf === null) return 'waits for the log';
  if (totals.paid !== '0') return 'paid';
  return totals.earned === '0' ? 'nothing earned' : 'carried over';
}

function descending(a: bigint, b: bigint): number {
  return a === b ? 0 : a > b ? -1 : 1;
}
