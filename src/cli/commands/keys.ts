import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const LONGEST_DAYS = 3_650;

/** `stemma keys`: what this node signs with, and tokens for its API. */
export function register(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('show public keys and make access tokens');
  keys
    .command('show')
    .description('print the public keys of this node')
    .action(context.action(async () => (await import('../actions/keys.js')).showKeys));
  keys
    .command('token')
    .description('print an admin token for the API (Authorization: Bearer …)')
    .option('--days <n>', 'days until it expires', wholeDays, 30)
    .action(context.action(async () => (await import('../actions/keys.js')).makeToken));
}

function wholeDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= LONGEST_DAYS) return days;
  throw new InvalidArgumentError(`a whole number from 1 to ${LONGEST_DAYS}`);
}
