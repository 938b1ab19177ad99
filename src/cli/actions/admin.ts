import { randomBytes } from 'node:crypto';
import { AccountAdministration } from '../../auth/index.js';
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
    const administration = host.application.get(AccountAdministration);
    const wanted = { name, email: null, password, roles: ['admin'] as const };
    return unwrap(await administration.create(wanted, 'command'));
  });
  context.print({ id, name, password }, `${name} may sign in with the password ${password}`);
}
