import type { Me } from '../../api/account.js';
import { shortHash } from '../../components/format.js';

/** A name that the ledger can write. */
const ACCOUNT = /^[a-z0-9][a-z0-9:._-]{0,127}$/;
const KEY = /^0[23][0-9a-f]{64}$/;

/** The account of the ledger that belongs to whoever looks; empty for those without one. */
export function ownAccount(me: Pick<Me, 'subject' | 'account' | 'single_user'> | undefined): string {
  if (me === undefined || (me.account === null && !me.single_user)) return '';
  const account = `account:${me.subject}`;
  return ACCOUNT.test(account) ? account : '';
}

/** What somebody typed as an account of the ledger: a key stands for its account. Null where it cannot name one. */
export function readAccount(typed: string): string | null {
  const name = typed.trim();
  if (KEY.test(name)) return `key:${name}`;
  return ACCOUNT.test(name) ? name : null;
}

/** An account's name with its long part shortened in the middle: `key:02ab12…9f3c`. */
export function shortAccount(account: string): string {
  const start = account.lastIndexOf(':') + 1;
  return `${account.slice(0, start)}${shortHash(account.slice(start), 8, 4)}`;
}

/** The page about an account. */
export function accountPath(account: string): string {
  return `/rewards?account=${encodeURIComponent(account)}`;
}
