import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma experts`: have experts left out of a model. */
export function register(program: Command, context: CommandContext): void {
  const experts = program.command('experts').description('have experts left out of a model');
  const door = (command: Command) =>
    command
      .option('--server <url>', 'ask this server instead of your own')
      .option('--token <token>', 'API key or access token for --server (or STEMMA_TOKEN)');
  door(experts.command('opt-out'))
    .requiredOption('--experts <names>', 'experts such as layer3.expert5, separated by commas', list)
    .requiredOption('--reason <text>', 'why; everybody can read it')
    .option('--model <name>', 'the model whose live release is meant', 'genesis')
    .description(
      'have experts left out, see what it costs in each domain, and ask for the release without them',
    )
    .action(context.action(async () => (await import('../actions/experts/opt-out.js')).optOut));
  door(experts.command('removals'))
    .option('--model <name>', 'of this model only')
    .description('removals of experts, newest first')
    .action(context.action(async () => (await import('../actions/experts/opt-out.js')).listRemovals));
}

function list(text: string): string[] {
  return [...new Set(text.split(',').map((part) => part.trim()))].filter((part) => part !== '').sort();
}
