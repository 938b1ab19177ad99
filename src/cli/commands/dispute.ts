import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma dispute`: finds the first thing in which two answers to one question differ, and who is right. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('dispute')
    .argument('<a>', 'a bundle (.zip), a file as GET /v1/receipts/:id answers it, or the id of a receipt')
    .argument('<b>', 'another; two bundles, or no bundle')
    .option('--node-a <url>', 'the node that gave answer a, to be asked for its testimony', url)
    .option('--node-b <url>', 'the node that gave answer b (default for either: your own server)', url)
    .option('--token-a <token>', 'API key or access token for --node-a (or STEMMA_TOKEN_A)')
    .option('--token-b <token>', 'API key or access token for --node-b (or STEMMA_TOKEN_B)')
    .description('find the first token, layer and operator in which two answers differ, and say who is right')
    .action(context.action(async () => (await import('../actions/dispute.js')).dispute));
}

function url(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('a URL such as https://stemma.example');
}
