import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { Transactions } from '../../database/index.js';
import {
  ACCOUNT_COLUMNS,
  AccountJournal,
  accountOf,
  randomSecret,
  type Account,
  type AccountRow,
} from '../accounts/index.js';
import { accountDisabled } from '../refusals.js';
import { endSessions, SessionCheck } from '../sessions/index.js';

const VALID_HOURS = 24;

/** The secret of a link, shown once, and until when it is good (ms since the epoch). */
export interface PasswordLink {
  readonly token: string;
  readonly expiresAt: number;
}

/** Links with which whoever has them sets the password of one account, once. Admins hand them out. */
@Injectable()
export class PasswordLinks {
  constructor(
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
    private readonly check: SessionCheck,
  ) {}

  /** A new link, good for 24 hours; the account's one before is void. Refusal: ACCOUNT_UNKNOWN. @param actor id of who asks */
  issue(account: string, actor: string): Promise<Result<PasswordLink>> {
    const token = randomSecret();
    return this.transactions.run(async (manager) => {
      const [row] = await manager.query<{ expires_at: Date }[]>(
        `INSERT INTO password_links (account_id, hash, expires_at)
         SELECT id, $2, now() + make_interval(hours => $3) FROM accounts WHERE id = $1
         ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at
         RETURNING expires_at`,
        [account, nativeSha256Hex(token), VALID_HOURS],
      );
      if (row === undefined)
        return err(new CodedError('ACCOUNT_UNKNOWN', 'There is no such account.', { account }, 404));
      await this.journal.append(manager, { kind: 'account.password_link_issued', account, actor });
      return ok({ token, expiresAt: row.expires_at.getTime() });
    });
  }

  /** Whose password a token would set, asked before one is hashed for it; null when it is worthless. */
  accountOf(token: string): Promise<Account | null> {
    return this.transactions.run((manager) => holderOf(manager, token));
  }

  /**
   * Sets the password, uses the link up and ends all sessions. Refusals: PASSWORD_LINK_INVALID (used, void, expired),
   * ACCOUNT_DISABLED (the link stays good).
   */
  async redeem(token: string, passwordHash: string): Promise<Result<Account>> {
    const result = await this.transactions.run(async (manager) => {
      const account = await holderOf(manager, token);
      if (account === null) return err(passwordLinkInvalid());
      if (account.disabled) return err(accountDisabled());
      const { id } = account;
      await manager.query('DELETE FROM password_links WHERE account_id = $1', [id]);
      await manager.query('UPDATE accounts SET password_hash = $2 WHERE id = $1', [id, passwordHash]);
      await endSessions(manager, id, null);
      await this.journal.append(manager, { kind: 'account.password_changed', account: id, actor: id });
      return ok(account);
    });
    this.check.forget();
    return result;
  }
}

/** Whose link it is; holds the link until the transaction ends, so that two cannot use it at once. */
async function holderOf(manager: EntityManager, token: string): Promise<Account | null> {
  const [link] = await manager.query<{ account_id: string }[]>(
    'SELECT account_id FROM password_links WHERE hash = $1 AND expires_at > now() FOR UPDATE',
    [nativeSha256Hex(token)],
  );
  if (link === undefined) return null;
  const [row] = await manager.query<AccountRow[]>(`SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = $1`, [
    link.account_id,
  ]);
  return accountOf(row);
}

/** The refusal of a link that was used or replaced, or has expired. */
export function passwordLinkInvalid(): CodedError {
  const detail = 'This link was used or has expired; ask an admin for a new one.';
  return new CodedError('PASSWORD_LINK_INVALID', detail, {}, 401);
}
