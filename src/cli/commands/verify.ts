import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma verify`: checks what a receipt says about itself: signature, private part, log. `replay` checks the answer. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .argument(
      '<receipt>',
      'a file as GET /v1/receipts/:id answers it (or the receipt alone), or an id of this server',
    )
    .description('check signature, contents and log proof of a receipt')
    .action(context.action(async () => (await import('../actions/verify.js')).verify));
}
