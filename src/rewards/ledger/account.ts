/** The largest amount and balance, in units: 2^127 − 1. */
export const LARGEST_AMOUNT = 2n ** 127n - 1n;

/** What an account holds, in units of its asset. All four only grow, except for the pending ones. */
export interface Balances {
  /** Reserved to go out. */
  readonly debitsPending: bigint;
  /** Gone out since the account was opened. */
  readonly debitsPosted: bigint;
  /** Announced to come in; cannot be spent. */
  readonly creditsPending: bigint;
  /** Come in since the account was opened. */
  readonly creditsPosted: bigint;
}

/** An account to be opened. */
export interface AccountDraft {
  /** Lower-case letters, digits, `:._-`; at most 128. */
  readonly id: string;
  /** 2 to 12 capital letters and digits. Only accounts of one asset pay each other. */
  readonly asset: string;
  /** Units by which debits may exceed credits; 0 by default. What an issuer may ever issue is its limit. */
  readonly overdraftLimit?: bigint;
}

/** An account of the ledger. */
export interface Account extends Balances {
  readonly id: string;
  readonly asset: string;
  readonly overdraftLimit: bigint;
}

/** What happened to one draft of an account. */
export type AccountResult =
  { readonly ok: true; readonly created: boolean } | { readonly ok: false; readonly code: AccountRefusal };

/** Why an account was not opened. */
export type AccountRefusal =
  | 'ACCOUNT_ID_INVALID'
  | 'ACCOUNT_ASSET_INVALID'
  | 'ACCOUNT_LIMIT_INVALID'
  | 'ACCOUNT_EXISTS_WITH_DIFFERENT_ASSET'
  | 'ACCOUNT_EXISTS_WITH_DIFFERENT_LIMIT';

const ID = /^[a-z0-9][a-z0-9:._-]{0,127}$/;
const ASSET = /^[A-Z][A-Z0-9]{1,11}$/;

/** Whether a value can name an account. */
export function isAccountId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** Why a draft says nothing usable, or null. */
export function accountProblem({ id, asset, overdraftLimit = 0n }: AccountDraft): AccountRefusal | null {
  if (!isAccountId(id)) return 'ACCOUNT_ID_INVALID';
  if (typeof asset !== 'string' || !ASSET.test(asset)) return 'ACCOUNT_ASSET_INVALID';
  if (typeof overdraftLimit !== 'bigint' || overdraftLimit < 0n || overdraftLimit > LARGEST_AMOUNT)
    return 'ACCOUNT_LIMIT_INVALID';
  return null;
}

/** The account a draft opens: without money. */
export function openedAccount({ id, asset, overdraftLimit = 0n }: AccountDraft): Account {
  return {
    ...{ id, asset, overdraftLimit },
    ...{ debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n },
  };
}

/** Units that an account can spend now: what came in and its limit, less what went out or is reserved. */
export function available(account: Account): bigint {
  const { creditsPosted, overdraftLimit, debitsPosted, debitsPending } = account;
  return creditsPosted + overdraftLimit - debitsPosted - debitsPending;
}
