import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma models`: which models and releases there are, and which of them serve. */
export function register(program: Command, context: CommandContext): void {
  const models = program
    .command('models')
    .description('list models and releases')
    .action(context.action(async () => (await import('../actions/models.js')).listModels));
  models
    .command('promote')
    .argument('<model@version>', 'the release that is to serve, such as genesis@1.0.1')
    .description('make a release the live one of its model')
    .action(context.action(async () => (await import('../actions/models.js')).promoteModel));
}
