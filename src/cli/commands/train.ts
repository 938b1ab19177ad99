import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { number, whole } from './options.js';

/** `stemma train`: improve experts of a model on one's own data, all else frozen. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('train')
    .description('train experts of a model on your own data; everything else stays as it is')
    .option('--data <file>', 'JSON lines: {prompt, completion}, {messages} or {text}')
    .option(
      '--experts <names>',
      'which blocks learn, separated by commas: layer3.expert5,layer3.expert6',
      names,
    )
    .option(
      '--new-expert <places>',
      'train a new expert of a layer, with its row of the router: layer3, or layer3.expert9 to choose its number',
      names,
    )
    .option(
      '--from <names>',
      'the experts that new ones begin as (default: the most used of the layer)',
      names,
    )
    .option('--resume <folder>', 'go on with a training that was stopped or killed, instead of beginning one')
    .option('--round <id>', 'train what a round asks for: its terms say which experts learn, and how')
    .option(
      '--datasets <hashes>',
      'blocks of chain D that the file comes from, separated by commas',
      hashes,
      [],
    )
    .option('--model <name>', 'a model, or one release of it: genesis, genesis@1.0.0', 'genesis')
    .option('--server <url>', 'take the model from this server instead of your own')
    .option('--minutes <n>', 'how long to train at most', number(0.05, 10_080), 10)
    .option('--steps <n>', 'updates at most (default: as many as fit into the time)', whole(1, 10_000_000))
    .option('--learning-rate <x>', 'greatest learning rate', number(1e-7, 1), 1e-3)
    .option('--batch-tokens <n>', 'tokens that an update is made from', whole(16, 1 << 20), 2048)
    .option('--seed <text>', 'decides the order of the examples', '1')
    .option('--threads <n>', 'default: as many as there are cores', whole(1, 64))
    .addOption(
      new Option(
        '--priority <how>',
        'idle: take what other programs leave, and wait while they are busy; low: last in line, but never wait; normal: as any program',
      )
        .choices(['idle', 'low', 'normal'])
        .default('idle'),
    )
    .option('--out <folder>', 'where the blocks, manifest and curve go', 'training')
    .action(context.action(async () => (await import('../actions/train.js')).train));
}

function names(text: string): string[] {
  const list = [...new Set(text.split(',').map((name) => name.trim()))];
  if (list.every((name) => /^[a-z0-9.]{1,40}$/.test(name)) && list.length <= 4096) return list;
  throw new InvalidArgumentError(
    'names of blocks separated by commas, such as layer3.expert5,layer3.expert6',
  );
}

function hashes(text: string): string[] {
  const list = [...new Set(text.split(',').map((hash) => hash.trim()))].sort();
  if (list.every((hash) => /^[0-9a-f]{64}$/.test(hash)) && list.length <= 64) return list;
  throw new InvalidArgumentError('hashes of blocks separated by commas, 64 at most');
}
