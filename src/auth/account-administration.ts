import { Injectable } from '@nestjs/common';
import type { Result } from '../common/index.js';
import {
  AccountChanges,
  Accounts,
  type Account,
  type AccountChange,
  type AccountRole,
} from './accounts/index.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordLinks, type PasswordLink } from './passwords/password-links.js';
import { SessionCheck } from './sessions/index.js';
import type { Registration } from './sign-in.js';

/** What admins do with accounts, from the API as from the command line. */
@Injectable()
export class AccountAdministration {
  constructor(
    private readonly accounts: Accounts,
    private readonly changes: AccountChanges,
    private readonly hasher: PasswordHasher,
    private readonly check: SessionCheck,
    private readonly links: PasswordLinks,
  ) {}

  /** Makes an account with roles. @param actor id of who does it. Refusal: ACCOUNT_EXISTS. Throws LOGIN_BUSY. */
  async create(
    { name, email, password, roles }: Registration & { readonly roles: readonly AccountRole[] },
    actor: string,
  ): Promise<Result<Account>> {
    const passwordHash = await this.hasher.hash(password);
    const all = [...new Set<AccountRole>(['user', ...roles])];
    return this.accounts.create({ name, email, passwordHash, roles: all, actor });
  }

  /** A link with which somebody sets a new password for an account. Refusal: ACCOUNT_UNKNOWN. */
  passwordLink(id: string, actor: string): Promise<Result<PasswordLink>> {
    return this.links.issue(id, actor);
  }

  /** The account of that name, however it is written; null when there is none. */
  byName(name: string): Promise<Account | null> {
    return this.accounts.named(name);
  }

  /** The account of that id or else of that name, however it is written; null when there is neither. */
  async known(idOrName: string): Promise<Account | null> {
    return (await this.accounts.find(idOrName)) ?? (await this.accounts.named(idOrName));
  }

  /** Changes an account; it counts for the next request. Refusals: ACCOUNT_UNKNOWN, LAST_ADMIN. */
  async change(id: string, change: AccountChange, actor: string): Promise<Result<Account>> {
    const result = await this.changes.apply(id, change, actor);
    this.check.forget();
    return result;
  }
}
