import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const MOST_EXAMPLES = 1_000_000_000;

/** `stemma dataset generate`: the data the genesis model is trained and judged with. */
export function register(program: Command, context: CommandContext): void {
  const dataset = program.command('dataset').description('make and look at datasets');
  dataset
    .command('generate')
    .addArgument(
      new Argument('<split>', 'what may be trained on, or what judges only').choices(['train', 'heldOut']),
    )
    .argument('<seed>', 'any text; the same seed gives the same lines on every machine')
    .argument('<count>', 'how many lines', count)
    .argument('[domain]', 'one domain alone (default: all, mixed as the genesis model was trained)')
    .description('print examples of the genesis domains as JSON lines {domain, prompt, completion}')
    .action(context.action(async () => (await import('../actions/dataset.js')).generateDataset));
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= MOST_EXAMPLES) return value;
  throw new InvalidArgumentError(`a whole number from 1 to ${MOST_EXAMPLES}`);
}
