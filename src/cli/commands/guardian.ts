import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma stop-autonomy`, `stemma resume` and `stemma rollback`: what a guardian must be able to do without a browser. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('stop-autonomy')
    .requiredOption('--reason <text>', 'why')
    .option('--inference', 'refuse answers, too')
    .description('stop all automatic action, in every replica')
    .action(context.action(async () => (await import('../actions/guardian.js')).stopAutonomy));
  program
    .command('resume')
    .requiredOption('--reason <text>', 'why')
    .description('let automatic action and answers go on')
    .action(context.action(async () => (await import('../actions/guardian.js')).resume));
  program
    .command('rollback')
    .argument('[model]', 'the model (default: the only one)')
    .requiredOption('--reason <text>', 'why')
    .description('go back to the release and the settings of before')
    .action(context.action(async () => (await import('../actions/guardian.js')).rollback));
}
