import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { ACCOUNT_COLUMNS, accountOf, type Account, type AccountRole, type AccountRow } from './account.js';
import type { Tier } from './account.js';
import { AccountJournal } from './account-journal.js';

/** What an admin changes; absent members stay. */
export interface AccountChange {
  readonly roles?: readonly AccountRole[];
  readonly tier?: Tier;
  readonly disabled?: boolean;
}

/** Changes that admins make to accounts. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
  ) {}

  /**
   * Changes an account; what is already so is not written again. A disabled account's sessions end.
   * Refusals: ACCOUNT_UNKNOWN, LAST_ADMIN.
   */
  apply(id: string, change: AccountChange, actor: string): Promise<Result<Account>> {
    return this.transactions.run(async (manager) => {
      const admins = await lockAdmins(manager);
      const [row] = await manager.query<AccountRow[]>(
        `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = $1 FOR UPDATE`,
        [id],
      );
      if (row === undefined)
        return err(new CodedError('ACCOUNT_UNKNOWN', 'There is no such account.', { account: id }, 404));
      const before = accountOf(row);
      const after = changed(before, change);
      if (admins.length === 1 && admins[0] === id && !administers(after))
        return err(
          new CodedError(
            'LAST_ADMIN',
            'The last admin cannot give up the role; make another first.',
            {},
            409,
          ),
        );
      const differing = differences(before, after);
      if (Object.keys(differing).length > 0) await this.write(manager, after, differing, actor);
      return ok(after);
    });
  }

  private async write(
    manager: EntityManager,
    { id, roles, tier, disabled }: Account,
    data: AccountChange,
    actor: string,
  ): Promise<void> {
    await manager.query('UPDATE accounts SET roles = $2, tier = $3, disabled = $4 WHERE id = $1', [
      id,
      roles,
      tier,
      disabled,
    ]);
    if (disabled)
      await manager.query('UPDATE sessions SET ended_at = now() WHERE account_id = $1 AND ended_at IS NULL', [
        id,
      ]);
    await this.journal.append(manager, { kind: 'account.changed', account: id, actor, data: { ...data } });
  }
}

/** Whoever changes accounts takes these rows first and in one order, so that two cannot remove each other's last admin. */
async function lockAdmins(manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM accounts WHERE 'admin' = ANY(roles) AND NOT disabled ORDER BY id FOR UPDATE`,
  );
  return rows.map(({ id }) => id);
}

function administers({ roles, disabled }: Account): boolean {
  return roles.includes('admin') && !disabled;
}

function changed(account: Account, { roles, tier, disabled }: AccountChange): Account {
  return {
    ...account,
    roles: roles === undefined ? account.roles : [...new Set<AccountRole>(['user', ...roles])],
    tier: tier ?? account.tier,
    disabled: disabled ?? account.disabled,
  };
}

function differences(before: Account, after: Account): AccountChange {
  const sameRoles = before.roles.toSorted().join() === after.roles.toSorted().join();
  return {
    ...(!sameRoles && { roles: after.roles }),
    ...(before.tier !== after.tier && { tier: after.tier }),
    ...(before.disabled !== after.disabled && { disabled: after.disabled }),
  };
}
