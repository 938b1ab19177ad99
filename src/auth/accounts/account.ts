import type { RoleName } from '../roles.js';

/** How much an account may ask of the server per minute; the numbers are settings. */
export const TIERS = ['newbie', 'trusted', 'expert'] as const;

/** One of `TIERS`. */
export type Tier = (typeof TIERS)[number];

/** Roles an account can have; `user` every account has. */
export const ACCOUNT_ROLES = [
  'user',
  'contributor',
  'node',
  'guardian',
  'admin',
] as const satisfies readonly RoleName[];

/** One of `ACCOUNT_ROLES`. */
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** Somebody this server knows. */
export interface Account {
  /** `acc_` and 26 random characters: says nothing about the person, so that it may stand in the log. */
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly AccountRole[];
  readonly tier: Tier;
  readonly disabled: boolean;
  /** When it was made, ms since the epoch. */
  readonly createdAt: number;
}

/** What a row of `accounts` holds that may leave the database. */
export interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: AccountRole[];
  readonly tier: Tier;
  readonly disabled: boolean;
  readonly created_at: Date;
}

/** The columns of `AccountRow`, for SELECT and RETURNING. */
export const ACCOUNT_COLUMNS = 'id, name, email, roles, tier, disabled, created_at';

/** An account as its row tells. */
export function accountOf({ created_at: createdAt, ...row }: AccountRow): Account {
  return { ...row, createdAt: createdAt.getTime() };
}

/** An account as the API shows it to its owner and to admins. */
export function accountView({ createdAt, ...account }: Account): object {
  return { ...account, created_at: createdAt };
}
