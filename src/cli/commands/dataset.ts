import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { whole } from './options.js';

const MOST_EXAMPLES = 1_000_000_000;
/** What is read again as a file of JSON lines: 4 GiB. */
const MOST_SAMPLE_BYTES = 2 ** 32;

/** `stemma dataset generate`: the data the genesis model is trained and judged with. */
export function register(program: Command, context: CommandContext): void {
  const dataset = program.command('dataset').description('make and look at datasets');
  dataset
    .command('generate')
    .addArgument(
      new Argument('<split>', 'what may be trained on, or what judges only').choices(['train', 'heldOut']),
    )
    .argument('<seed>', 'any text; the same seed gives the same lines on every machine')
    .argument('<count>', 'how many lines', count)
    .argument('[domain]', 'one domain alone (default: all, mixed as the genesis model was trained)')
    .description('print examples of the genesis domains as JSON lines {domain, prompt, completion}')
    .action(context.action(async () => (await import('../actions/dataset.js')).generateDataset));
  registerSample(dataset, context);
  registerChainD(dataset, context);
}

/** What needs the files of the datasets: only this folder has them. */
function registerSample(dataset: Command, context: CommandContext): void {
  const sampling = new Option('--tier <sampling>', 'gold sets alone, 60/30/10 by tier, or every set alike');
  dataset
    .command('sample')
    .addOption(sampling.choices(['gold', 'balanced', 'diverse']).default('balanced'))
    .requiredOption('--bytes <n>', 'how large the sample is at most', whole(1, MOST_SAMPLE_BYTES))
    .option('--seed <text>', 'the same seed and sets give the same sample on every machine', '1')
    .option('--out <file>', 'where it goes; beside it <file>.manifest.json', 'sample.jsonl')
    .description('draw a training sample from the approved datasets of this folder')
    .action(context.action(async () => (await import('../actions/dataset-sample.js')).sampleDatasets));
}

/** What goes to a server: this folder's, or another one with a token. */
function registerChainD(dataset: Command, context: CommandContext): void {
  const remote = (command: Command): Command =>
    command
      .option('--server <url>', 'another server than that of this data folder')
      .option(
        '--token <token>',
        'access token, or API key with the scope chain:write, for it (or STEMMA_TOKEN)',
      );
  remote(dataset.command('upload'))
    .argument('<files...>', 'files of JSON lines, in their order')
    .requiredOption('--name <name>', 'the same for all versions')
    .requiredOption('--licence <spdx>', 'an SPDX expression such as CC0-1.0')
    .requiredOption('--source <text>', 'where the data comes from, in one line')
    .option('--set-version <version>', 'version of the set', '1.0.0')
    .description('upload a dataset; a second call goes on where the first was cut off')
    .action(context.action(async () => (await import('../actions/dataset-upload.js')).uploadFiles));
  remote(dataset.command('list'))
    .option('--stage <stage>', 'only sets of this stage, such as vote')
    .option('--limit <count>', 'how many, at most 200', '50')
    .description('list datasets, newest first')
    .action(context.action(async () => (await import('../actions/dataset-chain.js')).listDatasets));
  remote(dataset.command('vote'))
    .argument('<id>', 'id of the dataset')
    .addArgument(
      new Argument('<choice>', 'whether models should be trained on it').choices(['for', 'against']),
    )
    .description('vote on a dataset, once')
    .action(context.action(async () => (await import('../actions/dataset-chain.js')).voteOnDataset));
  remote(dataset.command('withdraw'))
    .argument('<id>', 'id of the dataset')
    .requiredOption('--reason <text>', 'why; everybody can read it')
    .description('take a dataset back for good, and list what was trained on it')
    .action(context.action(async () => (await import('../actions/dataset-chain.js')).withdrawDataset));
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= MOST_EXAMPLES) return value;
  throw new InvalidArgumentError(`a whole number from 1 to ${MOST_EXAMPLES}`);
}
