export { AccessTokens, TOKEN_ISSUER } from './access-tokens.js';
export { AccountAdministration } from './account-administration.js';
export {
  AccountJournal,
  AccountStanding,
  SetupTokens,
  type Account,
  type AccountEvent,
} from './accounts/index.js';
export { AuthModule } from './auth.module.js';
export { BearerTokens } from './bearer-tokens.js';
export { actsAsGuardian, ANONYMOUS, LOCAL_ADMIN, mayAct, type Identity } from './identity.js';
export type { IdentifiedRequest } from './access.guard.js';
export { OwnLimit, RateLimits, Unlimited } from './limits/index.js';
export { checkOrigin } from './origin-check.js';
export { PasswordLinks } from './passwords/password-links.js';
export { Roles, type RoleName } from './roles.js';
export { NeedsScope, SCOPES, type NeededScope, type Scope } from './scopes.js';
