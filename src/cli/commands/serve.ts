import { Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma serve`: runs the server until it is told to stop. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('run the server')
    .addOption(new Option('--role <role>', 'what this process does').choices(['api', 'worker', 'expert']))
    .action(context.action(async () => (await import('../actions/serve.js')).runServer));
}
