import type { StatementLine } from '../../api/rewards.js';

/** What people call the codes of transfers. */
const CODES: Readonly<Record<string, string>> = {
  issuance: 'issued for the year',
  'reward.earned': 'earned',
  'reward.paid': 'paid',
  'reward.corrected': 'put right',
  'usage.fee': 'fee for an answer',
  'account.deposit': 'deposit',
};

/** What people call the kinds of transfers that are not made at once. */
const KINDS: Readonly<Record<string, string>> = { pending: 'reserved', post: 'settled', void: 'freed' };

/** What a transfer did: `paid`, `reserved: training`. */
export function kindText({ kind, code }: Pick<StatementLine, 'kind' | 'code'>): string {
  const what = CODES[code] ?? code;
  return kind === 'single' ? what : `${KINDS[kind]}: ${what}`;
}

/** Whether a transfer goes out of an account. */
export function isOutgoing({ debit }: Pick<StatementLine, 'debit'>, account: string): boolean {
  return debit === account;
}

/** The sign of an amount; none where a transfer only reserves or frees. */
export function signOf(line: Pick<StatementLine, 'debit' | 'kind'>, account: string): '' | '+' | '−' {
  if (line.kind === 'pending' || line.kind === 'void') return '';
  return isOutgoing(line, account) ? '−' : '+';
}

/** The answer that a transfer was made for; null where it was made for something else. */
export function receiptOf(reference: string | null): string | null {
  return /^rcpt_[0-9a-f]{32}$/.exec(reference ?? '')?.[0] ?? null;
}

/** The account at the other end of a transfer. */
export function counterpart(line: Pick<StatementLine, 'debit' | 'credit'>, account: string): string {
  return isOutgoing(line, account) ? line.credit : line.debit;
}

/** The amount in units, below zero where it goes out. */
export function signedUnits(line: Pick<StatementLine, 'debit' | 'amount'>, account: string): bigint {
  const amount = BigInt(line.amount);
  return isOutgoing(line, account) ? -amount : amount;
}

/** What a line says of corrections of it; null where there were none. */
export function correctedText({
  amount,
  corrected,
}: Pick<StatementLine, 'amount' | 'corrected'>): string | null {
  if (corrected === '0') return null;
  return corrected === amount ? 'given back' : 'partly given back';
}

/** The transfer that one corrects, and the task that asked for it; null where it corrects none. */
export function correctionOf(
  reference: string | null,
): { readonly transfer: string; readonly task: string } | null {
  const [, transfer, task] = /^transfer:([0-9a-f]{32})\/(task_[0-9a-f]{32})$/.exec(reference ?? '') ?? [];
  return transfer === undefined ? null : { transfer, task };
}

/** The epoch that a transfer was made for; null where it was made for something else. */
export function epochOf(reference: string | null): string | null {
  return /^epoch:([1-9]\d{0,14})$/.exec(reference ?? '')?.[1] ?? null;
}
