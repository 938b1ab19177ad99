import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { RoleName } from '../roles.js';

const ACCOUNT_ID = /^acc_[a-z2-7]{26}$/;

/** What an account may do now, for what it did before and what counts only while it still may. */
@Injectable()
export class AccountStanding {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The roles somebody has now: none where the account is disabled or gone. Null for whoever is no account of this server, such as
   * `local`, or somebody whom only a token of another issuer knows: nobody here can say what they may do now.
   */
  async rolesOf(
    subject: string,
    connection: Pick<EntityManager, 'query'> = this.dataSource,
  ): Promise<readonly RoleName[] | null> {
    const rows: { roles: RoleName[]; disabled: boolean }[] = await connection.query(
      'SELECT roles, disabled FROM accounts WHERE id = $1',
      [subject],
    );
    const account = rows.at(0);
    if (account === undefined) return ACCOUNT_ID.test(subject) ? [] : null;
    return account.disabled ? [] : account.roles;
  }
}
