import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma dispute`: finds the first thing in which two answers to one question differ, and who is right. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('dispute')
    .argument('<a>', 'a bundle (.zip), or a file as GET /v1/receipts/:id answers it')
    .argument('<b>', 'another of the same kind')
    .description('find the first token, layer and operator in which two answers differ, and say who is right')
    .action(context.action(async () => (await import('../actions/dispute.js')).dispute));
}
