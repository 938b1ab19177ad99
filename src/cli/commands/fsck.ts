import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma fsck`: checks blobs, log and database against each other; exit 0 clean, 1 not. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('fsck')
    .description('check blocks, log and database against each other')
    .option('--repair', 'rebuild what is derived from something intact')
    .action(context.action(async () => (await import('../actions/fsck.js')).fsck));
}
