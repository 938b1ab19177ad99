import { bytesToHex, unwrap } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import type { CommandContext } from '../command-context.js';
import { commandToken } from '../with-application.js';

/** Prints the public keys of this node. */
export async function showKeys(context: CommandContext): Promise<void> {
  const own = unwrap(await NodeKeys.load(await context.config()));
  const shown = {
    node: own.nodeName,
    log: bytesToHex(own.logSigner.publicKey),
    receipts: bytesToHex(own.receiptSigner.publicKey),
    blocks: bytesToHex(own.blockSigner.publicKey),
  };
  const lines = Object.entries(shown).map(([name, key]) => `${name.padEnd(9)}${key}`);
  context.print(shown, lines.join('\n'));
}

/** Prints an admin token for the API. */
export async function makeToken(context: CommandContext, { days }: { days: number }): Promise<void> {
  const token = await commandToken(await context.config(), days * 24 * 60 * 60);
  context.print({ token, expires_in_days: days }, token);
}
