import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma export <model> --gguf <file>`: a release as a file for llama.cpp. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('export')
    .argument('<model>', 'a model, or one release of it: genesis, genesis@1.0.0')
    .description('write a release as a GGUF file, for llama.cpp and what is built on it')
    .requiredOption('--gguf <file>', 'the file to write; it must not exist yet')
    .option('--release <version>', 'version of the release, such as 1.2.0 (default: the live one)')
    .action(context.action(async () => (await import('../actions/export.js')).exportModel));
}
