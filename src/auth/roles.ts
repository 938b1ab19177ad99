import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** Who somebody is to this server; `public` is anybody. */
export type RoleName = 'public' | 'user' | 'contributor' | 'node' | 'guardian' | 'admin';

/** Where the guard finds what `Roles` said. */
export const ROLES_METADATA = 'stemma:roles';

/**
 * Who may call a handler (or every handler of a controller). An admin may call everything. Without this decorator GET and
 * HEAD are public, and everything else asks for `user`.
 */
export function Roles(...roles: readonly RoleName[]): CustomDecorator<string> {
  return SetMetadata(ROLES_METADATA, roles);
}
