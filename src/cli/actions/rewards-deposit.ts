import { randomBytes } from 'node:crypto';
import { bytesToHex, CodedError, unwrap, type Json } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import { depositBytes, parseBly, personAccount } from '../../rewards/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { ServerClient } from '../server-client.js';
import { withServer, type ServerDoor } from '../server-door.js';

/** What `stemma rewards deposit` is told. */
interface DepositOptions extends ServerDoor {
  /** Id or login name of whose account gets it; the own one where it is left out. */
  readonly account?: string;
}

interface Me {
  readonly subject: string;
  readonly single_user: boolean;
}

/** Whoever uses a server that is one person's own machine. */
const OWNER = 'local';
/** Who a command is on the server of its data folder. */
const SHELL = 'command';
const ACCOUNT_ID = /^acc_[a-z2-7]{26}$/;

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
    const name = await chargedAccount(server, me, options.account);
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

/** Who is charged for answers: what is signed names the account as the server does. A name that is not known there the server refuses. */
async function chargedAccount(server: ServerClient, me: Me, wanted?: string): Promise<string> {
  if (wanted === undefined) {
    if (me.single_user) return OWNER;
    if (me.subject !== SHELL) return me.subject;
    throw new CodedError('USAGE', 'name the account with --account: what is asked at this shell is free');
  }
  if (wanted === OWNER || wanted === me.subject || ACCOUNT_ID.test(wanted)) return wanted;
  const path = `/api/accounts?name=${encodeURIComponent(wanted)}`;
  const { items } = await server.json<{ items: readonly { id: string }[] }>('GET', path);
  return items.at(0)?.id ?? wanted;
}
