import type { Tier } from './accounts/index.js';
import type { RoleName } from './roles.js';
import type { Scope } from './scopes.js';

/** Who is calling. */
export interface Identity {
  /** Account id; `local` on one person's own machine, `anonymous` without a token. */
  readonly subject: string;
  readonly roles: readonly RoleName[];
  /** Name of the account; absent where there is none. */
  readonly name?: string;
  /** How much the account may ask per minute; absent where there is no account. */
  readonly tier?: Tier;
  /** The session, for somebody who signed in. */
  readonly session?: string;
  /** Id of the API key it was let in by; absent for everybody else. */
  readonly key?: string;
  /** What an API key may do at most; absent for everybody else, who may do all that the roles may. */
  readonly scopes?: readonly Scope[];
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

/** Whether an identity may do what guardians may. An API key is one of a guardian only where it was given that scope. */
export function actsAsGuardian(identity: Identity): boolean {
  return mayAct(identity, ['guardian']) && identity.scopes?.includes('guardian') !== false;
}
