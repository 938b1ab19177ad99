export { AccessTokens, TOKEN_ISSUER } from './access-tokens.js';
export { AuthModule } from './auth.module.js';
export { ANONYMOUS, LOCAL_ADMIN, mayAct, type Identity } from './identity.js';
export type { IdentifiedRequest } from './access.guard.js';
export { checkOrigin } from './origin-check.js';
export { Roles, type RoleName } from './roles.js';
