import { sha256Hex } from '../../common/index.js';
import { isAccountId } from '../ledger/account.js';

/** The account of what was earned and not paid yet, the sum of what the newest epoch's state owes, and of what corrections gave back. */
export const OWED = 'rewards:owed';

/** The account of whoever signs with a key. @param key compressed secp256k1, 66 hex digits */
export function keyAccount(key: string): string {
  return `key:${key}`;
}

/** The account of somebody who has an account on the server; by its hash where the ledger cannot write the name. */
export function personAccount(name: string): string {
  const account = `account:${name}`;
  return isAccountId(account) ? account : `account:sha256:${sha256Hex(name)}`;
}
