import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma chat <model>`: a conversation in the terminal, or one answer with `--prompt`. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('chat')
    .argument('[model]', 'a model, or one release of it: genesis, genesis@1.0.0', 'genesis')
    .description('talk to a model')
    .option('--prompt <text>', 'give one answer to this and end')
    .option('--max-tokens <n>', "most tokens per answer (default: the model's)", wholeNumber)
    .option('--temperature <t>', "randomness, 0 to 2 (default: the model's)", temperature)
    .option('--seed <n>', 'seed of the randomness', wholeNumber)
    .action(context.action(async () => (await import('../actions/chat.js')).chat));
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('a whole number');
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 2) return value;
  throw new InvalidArgumentError('a number from 0 to 2');
}
