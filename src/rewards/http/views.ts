import { available, type Account } from '../ledger/account.js';
import type { StatementLine } from '../ledger/ledger-reader.js';
import type { RewardsPolicy } from '../policy/rewards-policy.js';

/** An account as clients see it; amounts are decimal strings of units, because they outgrow JSON's numbers. */
export function accountView(account: Account): object {
  return {
    account: account.id,
    asset: account.asset,
    balance: String(account.creditsPosted - account.debitsPosted),
    available: String(available(account)),
    debits: { pending: String(account.debitsPending), posted: String(account.debitsPosted) },
    credits: { pending: String(account.creditsPending), posted: String(account.creditsPosted) },
  };
}

/** A line of a statement as clients see it. */
export function lineView(line: StatementLine): object {
  const { id, sequence, kind, debit, credit, pendingId, code, reference, block, time, logIndex } = line;
  return {
    ...{ transfer: id, sequence, kind, debit, credit, amount: String(line.amount), pending_id: pendingId },
    ...{ code, reference, block, log_index: logIndex, at: new Date(time).toISOString() },
    corrected: String(line.corrected),
  };
}

/** The policy as clients see it: amounts as decimal strings of units, factors in millionths. */
export function policyView(policy: RewardsPolicy): unknown {
  const names = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const plain = (value: unknown): unknown => {
    if (typeof value === 'bigint') return String(value);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [names(key), plain(member)]));
  };
  return plain(policy);
}
