import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma logits <model> --ids 1,2,3`: raw logits as JSON, for comparison with other implementations. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('logits')
    .argument('<model>', 'a model, or one release of it: genesis, genesis@1.0.0')
    .description('print the raw logits after token ids as JSON, one row per position')
    .requiredOption('--ids <ids>', 'token ids, separated by commas', tokenIds)
    .option('--last <n>', 'only the last n positions (default: all)', positive)
    .action(context.action(async () => (await import('../actions/logits.js')).printLogits));
}

function tokenIds(text: string): number[] {
  const ids = text.split(',').map((id) => (/^\s*\d{1,9}\s*$/.test(id) ? Number(id) : NaN));
  if (ids.every(Number.isSafeInteger)) return ids;
  throw new InvalidArgumentError('whole numbers separated by commas, such as 1,2,3');
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number above 0');
}
