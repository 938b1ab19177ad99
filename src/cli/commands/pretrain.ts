import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { number, whole } from './options.js';

/** `stemma pretrain`: train every weight of a model from nothing, on generated examples. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('pretrain')
    .description('train a whole model from nothing on the examples of the genesis domains')
    .option(
      '--architecture <folder>',
      'config.json and tokenizer of the model (default: those of the genesis model)',
    )
    .option('--resume <folder>', 'go on with a training that was stopped or killed, instead of beginning one')
    .option('--tokens <n>', 'tokens to learn from', whole(1_000, 100_000_000), 32_000_000)
    .option('--batch-tokens <n>', 'tokens that an update is made from', whole(16, 1 << 20), 8192)
    .option('--learning-rate <x>', 'greatest learning rate', number(1e-7, 1), 2e-3)
    .option('--seed <text>', 'decides the first weights and the examples', 'stemma-genesis-1')
    .option('--minutes <n>', 'stop after so long; --resume goes on', number(0.05, 100_000))
    .option('--threads <n>', 'default: as many as there are cores', whole(1, 64))
    .option('--out <folder>', 'where the checkpoint goes', 'pretraining')
    .action(context.action(async () => (await import('../actions/pretrain.js')).pretrain));
}
