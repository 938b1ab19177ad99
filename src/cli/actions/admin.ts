import { randomBytes } from 'node:crypto';
import { CodedError, unwrap } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,39}$/;

/** Makes an admin account with a password of 144 random bits and prints both. Throws ACCOUNT_EXISTS, NAME_INVALID. */
export async function createAdmin(context: CommandContext, { name }: { name: string }): Promise<void> {
  if (!NAME.test(name))
    throw new CodedError('NAME_INVALID', 'a name has 2 to 40 letters, digits, dots, dashes or underscores');
  const password = randomBytes(18).toString('base64url');
  const { id } = await context.withApplication(async (host) => {
    if (host.kind === 'server') {
      const wanted = { name, password, roles: ['admin'] };
      return host.server.json<{ id: string }>('POST', '/api/accounts', wanted);
    }
    const { AccountAdministration } = await import('../own-services.js');
    const administration = host.application.get(AccountAdministration);
    const wanted = { name, email: null, password, roles: ['admin'] as const };
    return unwrap(await administration.create(wanted, 'command'));
  });
  context.print({ id, name, password }, `${name} may sign in with the password ${password}`);
}

/** Prints a link, good for a day and once, that sets an account's password. Throws ACCOUNT_UNKNOWN. */
export async function printPasswordLink(context: CommandContext, { name }: { name: string }): Promise<void> {
  const link = await context.withApplication(async (host) => {
    if (host.kind === 'server') {
      const { items } = await host.server.json<{ items: { id: string }[] }>(
        'GET',
        `/api/accounts?name=${encodeURIComponent(name)}`,
      );
      const path = `/api/accounts/${known(items[0], name).id}/password-link`;
      return host.server.json<{ path: string; expires_at: number }>('POST', path, {});
    }
    const { AccountAdministration } = await import('../own-services.js');
    const administration = host.application.get(AccountAdministration);
    const { id } = known((await administration.byName(name)) ?? undefined, name);
    const { token, expiresAt } = unwrap(await administration.passwordLink(id, 'command'));
    return { path: `/new-password#token=${token}`, expires_at: expiresAt };
  });
  const until = new Date(link.expires_at).toISOString();
  context.print(
    { name, path: link.path, expires_at: link.expires_at },
    `${name} sets a new password at ${link.path} of this server, once, until ${until}`,
  );
}

function known<T>(account: T | undefined, name: string): T {
  if (account === undefined)
    throw new CodedError('ACCOUNT_UNKNOWN', `there is no account named ${name}`, { name }, 404);
  return account;
}
