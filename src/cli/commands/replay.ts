import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma replay`: computes an answer again, from a bundle (no server, no database) or by the id of a receipt. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('replay')
    .argument('<bundle>', 'a bundle (.zip), or the id of a receipt of this server')
    .description('compute an answer again from its blocks and say whether everything agrees')
    .action(context.action(async () => (await import('../actions/replay.js')).replay));
}
