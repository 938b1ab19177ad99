import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma sealed`: what models other than genesis are judged by. */
export function register(program: Command, context: CommandContext): void {
  const sealed = program
    .command('sealed')
    .description('sets of examples that submissions are judged by, kept from everybody until then');
  sealed
    .command('create')
    .requiredOption('--model <name>', 'the model that is to be judged by it')
    .requiredOption('--data <file>', 'documents as JSON lines; the member domain says where each belongs')
    .option('--domain <name>', 'a domain there may be; give it again for more', collect, [])
    .option('--draws <n>', 'examples that are drawn from each domain for a measurement', draws)
    .description(
      'make a sealed set in the data folder of your own server, which runs, and commit to it in the log',
    )
    .action(context.action(async () => (await import('../actions/sealed-create.js')).createSealedSet));
  door(sealed.command('list'))
    .option('--model <name>', 'of this model only')
    .description('sealed sets, newest first, with what is left of each domain')
    .action(context.action(async () => (await import('../actions/sealed-verify.js')).listSealedSets));
  door(sealed.command('verify'))
    .argument('<id>', 'a submission or a removal; or a file of its evidence')
    .option('--out <file>', 'also write the evidence there')
    .option('--examples <file>', 'also write the examples there, as JSON lines')
    .option('--losses', 'also compute all losses again, here, with the blocks that the server gives')
    .description(
      'check that a verdict rests on examples that were committed to before, and drawn by the beacon',
    )
    .action(context.action(async () => (await import('../actions/sealed-verify.js')).verifySealedVerdict));
}

function door(command: Command): Command {
  return command
    .option('--server <url>', 'ask this server instead of your own')
    .option('--token <token>', 'API key or access token for --server (or STEMMA_TOKEN)');
}

function collect(name: string, before: readonly string[]): string[] {
  return [...before, name];
}

function draws(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 8 && value <= 512) return value;
  throw new InvalidArgumentError('a whole number from 8 to 512');
}
