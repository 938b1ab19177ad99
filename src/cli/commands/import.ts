import { InvalidArgumentError, Option, type Command } from 'commander';
import type { TrainingData } from '../../experts/index.js';
import type { CommandContext } from '../command-context.js';

/** `stemma import <folder>`: a Hugging Face checkpoint becomes blocks and a release. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('import')
    .argument(
      '<folder>',
      'a Hugging Face checkpoint (Mixtral, Qwen3-MoE, OLMoE, gpt-oss): config.json, model.safetensors (or shards), tokenizer.json',
    )
    .description('turn a checkpoint into signed blocks and a release')
    .option('--name <name>', "the model's name (default: the folder's)")
    .option('--release <version>', 'version of the release, such as 1.2.0 (default: the next one)')
    .addOption(
      new Option('--dtype <dtype>', 'how weights are kept').choices(['q8', 'q4', 'f16', 'f32']).default('q8'),
    )
    .option(
      '--timestamp <ms>',
      'time the blocks bear, ms since the epoch (default: a constant)',
      milliseconds,
    )
    .option(
      '--measure',
      'compare the release with the exact weights (default: in 4 bits, unless the model is large)',
    )
    .option('--no-measure', 'do not compare')
    .option('--license <expression>', "SPDX expression of the weights' licence (default: the model card's)")
    .option('--author <name>', 'who made the model')
    .option(
      '--data <source>',
      "what it was trained on: name[,url][,SPDX expression]; may be repeated (default: the model card's)",
      trainingData,
    )
    .action(context.action(async () => (await import('../actions/import.js')).importCheckpoint));
}

/** `name[,url][,licence]`; a url alone is its own name. */
function trainingData(text: string, before: readonly TrainingData[] = []): TrainingData[] {
  const parts = text.split(',').map((part) => part.trim());
  const url = parts.find((part) => /^https?:\/\//.test(part));
  const [name = url, license, ...rest] = parts.filter((part) => part !== url);
  if (parts.includes('') || name === undefined || rest.length > 0)
    throw new InvalidArgumentError('name[,url][,licence]');
  const source = { name, ...(url && { url }), ...(license && { license }) };
  return [...before, source];
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('whole milliseconds since the epoch');
}
