import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { ACCOUNT_COLUMNS, accountOf, type Account, type AccountRole, type AccountRow } from './account.js';
import { AccountJournal } from './account-journal.js';
import { randomId } from './random-id.js';

/** What a new account begins with. */
export interface NewAccount {
  readonly name: string;
  readonly email: string | null;
  readonly passwordHash: string | null;
  readonly roles: readonly AccountRole[];
  /** Who makes it; absent when it makes itself. */
  readonly actor?: string;
}

/** What is known of a name at sign-in. */
export interface Credentials {
  readonly account: Account;
  readonly passwordHash: string | null;
  /** Whether the account has signed in from this address before. */
  readonly knownAddress: boolean;
}

/** The accounts of this server. */
@Injectable()
export class Accounts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
  ) {}

  /** Makes an account. Refusal: ACCOUNT_EXISTS when the name or the e-mail is taken. */
  create(account: NewAccount): Promise<Result<Account>> {
    return this.transactions.run((manager) => this.createWithin(manager, account));
  }

  /** The same within a transaction that does more; a refusal leaves it usable. */
  async createWithin(manager: EntityManager, account: NewAccount): Promise<Result<Account>> {
    const { name, email, passwordHash, roles, actor } = account;
    const [row] = await manager.query<AccountRow[]>(
      `INSERT INTO accounts (id, name, email, password_hash, roles, tier) VALUES ($1, $2, $3, $4, $5, 'newbie')
       ON CONFLICT DO NOTHING RETURNING ${ACCOUNT_COLUMNS}`,
      [randomId('acc'), name, email, passwordHash, roles],
    );
    if (row === undefined)
      return err(new CodedError('ACCOUNT_EXISTS', 'This name or e-mail address is taken.', {}, 409));
    await this.journal.append(manager, {
      kind: 'account.created',
      account: row.id,
      actor: actor ?? row.id,
      data: { roles: row.roles },
    });
    return ok(accountOf(row));
  }

  /** An account by its id; null when there is none. */
  async find(id: string): Promise<Account | null> {
    const [row] = await this.dataSource.query<AccountRow[]>(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = $1`,
      [id],
    );
    return row === undefined ? null : accountOf(row);
  }

  /** Accounts by their ids, in the order of these; null for one that does not exist. */
  async findAll(ids: readonly string[]): Promise<(Account | null)[]> {
    const rows = await this.dataSource.query<AccountRow[]>(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = ANY ($1)`,
      [ids],
    );
    const found = new Map(rows.map((row) => [row.id, accountOf(row)]));
    return ids.map((id) => found.get(id) ?? null);
  }

  /** An account by its name, in capitals or not; null when there is none. */
  async named(name: string): Promise<Account | null> {
    const [row] = await this.dataSource.query<AccountRow[]>(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE lower(name) = lower($1)`,
      [name],
    );
    return row === undefined ? null : accountOf(row);
  }

  /** What is needed to check a password. @param address where the attempt comes from */
  async credentials(name: string, address: string): Promise<Credentials | null> {
    const [row] = await this.dataSource.query<
      (AccountRow & { password_hash: string | null; known: boolean })[]
    >(
      `SELECT ${ACCOUNT_COLUMNS}, password_hash,
         EXISTS (SELECT FROM sessions WHERE account_id = accounts.id AND address = $2) AS known
       FROM accounts WHERE lower(name) = lower($1)`,
      [name, address],
    );
    if (row === undefined) return null;
    const { password_hash: passwordHash, known, ...account } = row;
    return { account: accountOf(account), passwordHash, knownAddress: known };
  }

  /** The stored hash of an account's password; null when it has none. */
  async passwordHash(id: string): Promise<string | null> {
    const [row] = await this.dataSource.query<{ password_hash: string | null }[]>(
      'SELECT password_hash FROM accounts WHERE id = $1',
      [id],
    );
    return row?.password_hash ?? null;
  }

  /** Whether somebody can administer this server. */
  async hasAdmin(connection: Pick<EntityManager, 'query'> = this.dataSource): Promise<boolean> {
    const rows = await connection.query<unknown[]>(
      `SELECT 1 FROM accounts WHERE 'admin' = ANY(roles) AND NOT disabled LIMIT 1`,
    );
    return rows.length > 0;
  }

  /** Accounts in the order of their names, at most `limit`, after the name `after`. */
  async list(limit: number, after: string | null): Promise<Account[]> {
    const rows = await this.dataSource.query<AccountRow[]>(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE $2::text IS NULL OR lower(name) > lower($2)
       ORDER BY lower(name) LIMIT $1`,
      [limit, after],
    );
    return rows.map(accountOf);
  }
}
