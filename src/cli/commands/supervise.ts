import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const LEAST_S = 4;
const MOST_S = 600;

/** `stemma supervise`: runs the server and starts it again when it dies or hangs. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('supervise')
    .description('run the server, and start it again when it dies or hangs')
    .addOption(new Option('--role <role>', 'what the server does').choices(['api', 'worker', 'expert']))
    .addOption(
      new Option('--silence <seconds>', 'how long /health may be silent').default('15').argParser(seconds),
    )
    .action(context.action(async () => (await import('../actions/supervise.js')).supervise));
}

function seconds(text: string): string {
  const value = Number(text);
  if (!Number.isInteger(value) || value < LEAST_S || value > MOST_S)
    throw new InvalidArgumentError(`whole seconds from ${LEAST_S} to ${MOST_S}`);
  return text;
}
