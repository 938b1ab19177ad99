import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** What an API key may be allowed to do, within what its owner may. */
export const SCOPES = [
  'read',
  'inference',
  'chain:write',
  'models:write',
  'tasks',
  'guardian',
  'admin',
] as const;

/** One of `SCOPES`. */
export type Scope = (typeof SCOPES)[number];

/** What a handler asks for besides a role: a scope, or somebody who signed in in person. */
export type NeededScope = Scope | 'session';

/** Where the guard finds what `NeedsScope` said. */
export const SCOPE_METADATA = 'stemma:scope';

/**
 * Which scope an API key needs to call a handler (or every handler of a controller). `session`: no key and no service token
 * may, only somebody who signed in. Without this decorator GET and HEAD need `read`, and everything else `admin`.
 */
export function NeedsScope(scope: NeededScope): CustomDecorator<string> {
  return SetMetadata(SCOPE_METADATA, scope);
}
