import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma merge`: one candidate of new experts that were trained apart. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('merge')
    .argument('<folders...>', 'what `stemma train --new-expert … --out` wrote, two or more')
    .description('join new experts that were trained apart from the same release into one candidate')
    .option('--server <url>', 'take the model from this server instead of your own')
    .option('--out <folder>', 'where the candidate goes, to be handed in by `stemma submit`', 'merged')
    .action(context.action(async () => (await import('../actions/merge.js')).merge));
}
