import { InvalidArgumentError, type Command } from 'commander';
import { bytesToHex, unwrap } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import type { CommandContext } from '../command-context.js';
import { commandToken } from '../with-application.js';

const LONGEST_DAYS = 3_650;

/** `stemma keys`: what this node signs with, and tokens for its API. */
export function register(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('show public keys and make access tokens');
  keys
    .command('show')
    .description('print the public keys of this node')
    .action(
      context.action(async () => {
        const own = unwrap(await NodeKeys.load(context.config));
        const shown = {
          node: own.nodeName,
          log: bytesToHex(own.logSigner.publicKey),
          receipts: bytesToHex(own.receiptSigner.publicKey),
          blocks: bytesToHex(own.blockSigner.publicKey),
        };
        context.print(
          shown,
          Object.entries(shown)
            .map(([name, key]) => `${name.padEnd(9)}${key}`)
            .join('\n'),
        );
      }),
    );
  keys
    .command('token')
    .description('print an admin token for the API (Authorization: Bearer …)')
    .option('--days <n>', 'days until it expires', wholeDays, 30)
    .action(
      context.action(async ({ days }: { days: number }) => {
        const token = await commandToken(context.config, days * 24 * 60 * 60);
        context.print({ token, expires_in_days: days }, token);
      }),
    );
}

function wholeDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= LONGEST_DAYS) return days;
  throw new InvalidArgumentError(`a whole number from 1 to ${LONGEST_DAYS}`);
}
