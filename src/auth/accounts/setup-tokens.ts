import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { Transactions } from '../../database/index.js';
import type { Account } from './account.js';
import { Accounts } from './accounts.js';
import { randomSecret } from './random-id.js';

const VALID_HOURS = 24;
/** Any number, the same in every Stemma process: one makes the first admin at a time. */
const SETUP_LOCK = 7_201_869_005;

/** The one-time link by which the first admin is made. */
@Injectable()
export class SetupTokens {
  constructor(
    private readonly accounts: Accounts,
    private readonly transactions: Transactions,
  ) {}

  /** A new token, valid for 24 hours; those before it are void. Null when there is an admin already. */
  async issue(): Promise<string | null> {
    if (await this.accounts.hasAdmin()) return null;
    const token = randomSecret();
    await this.transactions.run(async (manager) => {
      await manager.query('DELETE FROM setup_tokens');
      await manager.query(
        'INSERT INTO setup_tokens (hash, expires_at) VALUES ($1, now() + make_interval(hours => $2))',
        [nativeSha256Hex(token), VALID_HOURS],
      );
    });
    return token;
  }

  /** Makes the first admin. Refusals: SETUP_TOKEN_INVALID, ACCOUNT_EXISTS (the token stays good). */
  redeem(token: string, name: string, passwordHash: string): Promise<Result<Account>> {
    return this.transactions.run(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [SETUP_LOCK]);
      if (!(await isValid(manager, token)) || (await this.accounts.hasAdmin(manager))) return err(invalid());
      const roles = ['user', 'admin'] as const;
      const account = await this.accounts.createWithin(manager, { name, email: null, passwordHash, roles });
      if (account.ok) await manager.query('DELETE FROM setup_tokens');
      return account;
    });
  }

  /** Whether a token would be taken, asked before a password is hashed for it. */
  async accepts(token: string): Promise<boolean> {
    return this.transactions.run((manager) => isValid(manager, token));
  }
}

async function isValid(manager: EntityManager, token: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT 1 FROM setup_tokens WHERE hash = $1 AND expires_at > now()',
    [nativeSha256Hex(token)],
  );
  return rows.length > 0;
}

/** The refusal of a wrong, used or expired token. */
export function invalid(): CodedError {
  const detail = 'This link was used or has expired; start the server again for a new one.';
  return new CodedError('SETUP_TOKEN_INVALID', detail, {}, 401);
}
