import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { whole } from './options.js';

/** `stemma cache-lab [model]`: which eviction policy suits a model's routing, measured. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('cache-lab')
    .argument('[model]', 'a model, or one release of it', 'genesis')
    .description(
      'replay which experts were used under several cache policies, draw the curves, choose the best',
    )
    .option(
      '--trace <file>',
      'replay this routing trace (default: record one, or ask the running server for its own)',
    )
    .option(
      '--prompts <file>',
      'what to answer while recording, one prompt per line (default: built-in ones)',
    )
    .option('--max-tokens <n>', 'tokens per answer while recording', whole(1, 100_000), 96)
    .option('--streams <n>', 'answers made at the same time while recording', whole(1, 16), 1)
    .option('--sizes <list>', 'cache sizes to draw, MiB, separated by commas', sizes)
    .option('--out <folder>', 'where picture, figures and trace go', 'cache-lab')
    .option('--synthetic', 'replay a made-up model of 64 experts per layer instead')
    .option('--seed <n>', 'of the made-up model', whole(1, 2 ** 31), 1)
    .option('--no-choice', 'draw only; do not change what the engine starts with')
    .action(context.action(async () => (await import('../actions/cache-lab.js')).cacheLab));
}

function sizes(text: string): number[] {
  const list = text.split(',').map(Number);
  if (list.length <= 64 && list.every((size) => size > 0 && size <= 2 ** 20)) return list;
  throw new InvalidArgumentError('up to 64 sizes in MiB, separated by commas, such as 2,8,32.5');
}
