import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma submit`: hand in what `stemma train` wrote. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('submit')
    .argument('<folder>', 'what `stemma train --out` wrote')
    .description('hand in trained experts, and follow them until they are judged and released')
    .option('--domains <names>', 'domains that you claim to be better, separated by commas', list, [])
    .option('--datasets <hashes>', 'blocks of chain D that you trained on, separated by commas', list, [])
    .option('--server <url>', 'hand in to this server instead of your own')
    .option('--token <token>', 'API key or access token for --server (or STEMMA_TOKEN)')
    .option('--work <bits>', 'proof of work that the server asks of blocks', bits, 0)
    .option(
      '--show',
      'let the documents of drawn updates be sent, so that the training can be audited; not given: you are asked',
    )
    .option(
      '--no-show',
      'keep the training data to yourself: nothing of the training is replayed, and nothing is paid for it',
    )
    .option('--minutes <n>', 'how long to follow it at most', minutes, 30)
    .action(context.action(async () => (await import('../actions/submit.js')).submit));
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function bits(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 32) return value;
  throw new InvalidArgumentError('a whole number from 0 to 32');
}

function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 10_080) return value;
  throw new InvalidArgumentError('a number from 0 to 10080');
}
