import { randomBytes } from 'node:crypto';
import { bytesToHex, CodedError, unwrap, type Json } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import { depositBytes, parseBly, personAccount } from '../../rewards/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { withServer, type ServerDoor } from '../server-door.js';

/** What `stemma rewards deposit` is told. */
interface DepositOptions extends ServerDoor {
  /** Whose account gets it; the own one where it is left out. */
  readonly account?: string;
}

interface Me {
  readonly subject: string;
  readonly single_user: boolean;
}

/** Moves what the key of this data folder has earned to an account that pays for answers. */
export async function deposit(
  context: CommandContext,
  bly: string,
  options: DepositOptions,
): Promise<number> {
  const units = parseBly(bly);
  if (units === null || units <= 0n)
    throw new CodedError('USAGE', 'the amount is BLY above zero, with at most nine decimals');
  const { blockSigner } = unwrap(await NodeKeys.load(await context.config()));
  return withServer(context, options, async (server) => {
    const me = await server.json<Me>('GET', '/api/me');
    const name = options.account ?? (me.single_user ? 'local' : me.subject);
    const log = (await (await server.fetch('/log/key')).text()).trim();
    const wish = {
      ...{ key: bytesToHex(blockSigner.publicKey), amount: String(units) },
      nonce: randomBytes(16).toString('hex'),
    };
    const statement = { format: 'stemma.deposit.v1', log, account: personAccount(name), ...wish } as const;
    const signature = bytesToHex(blockSigner.sign(depositBytes(statement)));
    const body = { ...wish, signature, ...(name !== me.subject && { account: name }) };
    const made = await server.json<{ transfer: string; account: string }>('POST', '/rewards/deposits', body);
    context.print(
      made as unknown as Json,
      `${bly} BLY are now ${made.account}'s (transfer ${made.transfer})`,
    );
    return EXIT.done;
  });
}
