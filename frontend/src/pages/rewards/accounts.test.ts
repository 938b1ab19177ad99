import type { Me } from '../../api/account.js';
import { accountPath, ownAccount, readAccount, shortAccount } from './accounts.js';

const KEY = `02${'ab'.repeat(32)}`;
const somebody = { id: 'acct_1' } as NonNullable<Me['account']>;

describe('accounts of the ledger', () => {
  it('are those of whoever signed in, or of the one person of a server of their own', () => {
    expect(ownAccount({ subject: 'local', account: null, single_user: true })).toBe('account:local');
    expect(ownAccount({ subject: 'acct_1', account: somebody, single_user: false })).toBe('account:acct_1');
    expect(ownAccount({ subject: 'anonymous', account: null, single_user: false })).toBe('');
    expect(ownAccount({ subject: 'No Name', account: somebody, single_user: false })).toBe('');
    expect(ownAccount(undefined)).toBe('');
  });

  it('are read from what is typed, a key as its account', () => {
    expect(readAccount(` ${KEY} `)).toBe(`key:${KEY}`);
    expect(readAccount('rewards:owed')).toBe('rewards:owed');
    for (const typed of ['', 'Not one', ':x', 'a'.repeat(129)]) expect(readAccount(typed)).toBeNull();
  });

  it('are shown short and linked whole', () => {
    expect(shortAccount(`key:${KEY}`)).toBe('key:02ababab…abab');
    expect(shortAccount('rewards:owed')).toBe('rewards:owed');
    expect(accountPath('issuance:2026')).toBe('/rewards?account=issuance%3A2026');
  });
});
