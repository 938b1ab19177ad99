import type { RoleName } from './roles.js';

/** Who is calling. */
export interface Identity {
  /** Account name; `local` on one person's own machine, `anonymous` without a token. */
  readonly subject: string;
  readonly roles: readonly RoleName[];
}

/** Everybody on one person's own machine. */
export const LOCAL_ADMIN: Identity = { subject: 'local', roles: ['admin'] };

/** Somebody without a token. */
export const ANONYMOUS: Identity = { subject: 'anonymous', roles: ['public'] };

/** Whether an identity may do what one of the roles may do. */
export function mayAct(identity: Identity, allowed: readonly RoleName[]): boolean {
  return (
    allowed.includes('public') ||
    identity.roles.includes('admin') ||
    identity.roles.some((r) => allowed.includes(r))
  );
}
