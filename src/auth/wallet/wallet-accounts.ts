import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import {
  ACCOUNT_COLUMNS,
  AccountJournal,
  accountOf,
  Accounts,
  randomId,
  type Account,
  type AccountRow,
} from '../accounts/index.js';
import { accountDisabled, registrationClosed } from '../refusals.js';

const MOST_WALLETS = 10;

/** Which account a wallet opens. */
@Injectable()
export class WalletAccounts {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly accounts: Accounts,
    private readonly journal: AccountJournal,
  ) {}

  /**
   * The account of a proven address, made on first sight. Refusals: ACCOUNT_DISABLED, REGISTRATION_CLOSED, and those of
   * `newcomer`, which is asked before an account is made.
   */
  enter(address: string, newcomer: () => Promise<Result<void>>): Promise<Result<Account>> {
    // A transaction may be made again; whoever is counted is counted once.
    let asked: Promise<Result<void>> | undefined;
    return this.transactions.run(async (manager) => {
      const known = await holderOf(manager, address);
      if (known !== null) return known.disabled ? err(accountDisabled()) : ok(known);
      if (this.config.registration === 'closed') return err(registrationClosed());
      const welcome = await (asked ??= newcomer());
      if (!welcome.ok) return welcome;
      // The name says nothing of the address: names are shown, addresses lead to balances.
      const name = `wallet-${randomId('w').slice(2, 14)}`;
      const made = await this.accounts.createWithin(manager, {
        name,
        email: null,
        passwordHash: null,
        roles: ['user'],
      });
      if (made.ok) await link(manager, address, made.value.id);
      return made;
    });
  }

  /** Lets a proven address open an account from now on. Refusals: WALLET_TAKEN, WALLETS_TOO_MANY. */
  async link(address: string, account: string): Promise<Result<void>> {
    return this.transactions.run(async (manager) => {
      const holder = await holderOf(manager, address);
      if (holder?.id === account) return ok();
      if (holder !== null)
        return err(new CodedError('WALLET_TAKEN', 'This wallet opens another account.', {}, 409));
      await manager.query('SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE', [account]);
      if ((await walletsOf(manager, account)).length >= MOST_WALLETS)
        return err(
          new CodedError('WALLETS_TOO_MANY', `An account has at most ${MOST_WALLETS} wallets.`, {}, 409),
        );
      await link(manager, address, account);
      await this.journal.append(manager, { kind: 'account.wallet_linked', account, actor: account });
      return ok();
    });
  }

  /**
   * Stops an address from opening an account; one that does not open it is no error. Refusal: LAST_WAY_IN, when nothing else does
   * and there is no password.
   */
  async unlink(address: string, account: string): Promise<Result<void>> {
    return this.transactions.run(async (manager) => {
      const [holder] = await manager.query<{ has_password: boolean }[]>(
        'SELECT password_hash IS NOT NULL AS has_password FROM accounts WHERE id = $1 FOR UPDATE',
        [account],
      );
      const wallets = await walletsOf(manager, account);
      if (!wallets.includes(address)) return ok();
      if (wallets.length === 1 && !holder.has_password)
        return err(
          new CodedError('LAST_WAY_IN', 'Set a password first: only this wallet opens the account.', {}, 409),
        );
      await manager.query('DELETE FROM account_wallets WHERE address = $1 AND account_id = $2', [
        address,
        account,
      ]);
      await this.journal.append(manager, { kind: 'account.wallet_unlinked', account, actor: account });
      return ok();
    });
  }

  /** The addresses that open an account, in lower case, oldest first. */
  list(account: string): Promise<string[]> {
    return walletsOf(this.dataSource, account);
  }
}

/** Whose wallet it is; holds the address until the transaction ends, so that two cannot take it at once. */
async function holderOf(manager: EntityManager, address: string): Promise<Account | null> {
  await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`wallet ${address}`]);
  const [row] = await manager.query<AccountRow[]>(
    `SELECT ${ACCOUNT_COLUMNS} FROM accounts
     WHERE id = (SELECT account_id FROM account_wallets WHERE address = $1)`,
    [address],
  );
  return row === undefined ? null : accountOf(row);
}

async function link(manager: EntityManager, address: string, account: string): Promise<void> {
  await manager.query('INSERT INTO account_wallets (address, account_id) VALUES ($1, $2)', [
    address,
    account,
  ]);
}

async function walletsOf(connection: Pick<EntityManager, 'query'>, account: string): Promise<string[]> {
  const rows = await connection.query<{ address: string }[]>(
    'SELECT address FROM account_wallets WHERE account_id = $1 ORDER BY created_at, address LIMIT $2',
    [account, MOST_WALLETS],
  );
  return rows.map(({ address }) => address);
}
