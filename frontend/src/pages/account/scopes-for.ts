/** What keys can be allowed, in words, and the roles that can use it. */
const SCOPES = [
  { scope: 'inference', label: 'ask models', roles: ['user'] },
  { scope: 'read', label: 'read what is mine', roles: ['user'] },
  { scope: 'tasks', label: 'start tasks', roles: ['user'] },
  { scope: 'chain:write', label: 'publish blocks', roles: ['contributor', 'node'] },
  { scope: 'models:write', label: 'import and promote models', roles: ['contributor', 'node', 'guardian'] },
  { scope: 'guardian', label: 'decide as guardian', roles: ['guardian'] },
  { scope: 'admin', label: 'administer', roles: [] },
] as const;

/** The scopes that are worth something to somebody with these roles. */
export function scopesFor(roles: readonly string[]): readonly { scope: string; label: string }[] {
  return SCOPES.filter(
    ({ roles: needed }) => roles.includes('admin') || needed.some((role) => roles.includes(role)),
  );
}
