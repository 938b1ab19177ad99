import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma rounds`: train the same experts together with others. */
export function register(program: Command, context: CommandContext): void {
  const rounds = program.command('rounds').description('train the same experts together with others');
  const door = (command: Command) =>
    command
      .option('--server <url>', 'ask this server instead of your own')
      .option('--token <token>', 'API key or access token for --server (or STEMMA_TOKEN)');
  announce(door(rounds.command('announce')), context);
  door(rounds.command('list'))
    .description('rounds, newest first')
    .action(context.action(async () => (await import('../actions/rounds/show.js')).listRounds));
  door(rounds.command('show'))
    .argument('<id>', 'the round')
    .description('a round with its members')
    .action(context.action(async () => (await import('../actions/rounds/show.js')).showRound));
  door(rounds.command('join'))
    .argument('<id>', 'the round')
    .description('take part with the key of your data folder')
    .action(context.action(async () => (await import('../actions/rounds/take-part.js')).joinRound));
  door(rounds.command('commit'))
    .argument('<id>', 'the round')
    .argument('<folder>', 'what `stemma train --out` wrote')
    .option('--rank <n>', 'columns of the factors that an update is sent as', whole(0, 64), 16)
    .option('--share <x>', 'share of the values that are sent one by one', share, 0)
    .option('--bits <n>', 'of each of them: 8 or 2', bits, 8)
    .option('--no-feedback', 'drop what is lost in compression, instead of sending it in the next round')
    .option(
      '--momentum <beta>',
      'send the mean with what you have sent before, which has this weight',
      beta,
      0,
    )
    .description('compress what you have trained, and commit to it by its hash')
    .action(context.action(async () => (await import('../actions/rounds/take-part.js')).commitToRound));
  door(rounds.command('reveal'))
    .argument('<id>', 'the round')
    .argument('<folder>', 'the folder that you have committed to')
    .description('show the update that you have committed to')
    .action(context.action(async () => (await import('../actions/rounds/take-part.js')).revealInRound));
  door(rounds.command('cancel'))
    .argument('<id>', 'the round')
    .requiredOption('--reason <text>', 'why; everybody can read it')
    .description('end a round that you have announced, before updates are shown, or as a guardian')
    .action(context.action(async () => (await import('../actions/rounds/cancel.js')).cancelRound));
  door(rounds.command('recompute'))
    .argument('<id>', 'the round')
    .description('make the result of a round again from what was shown, and compare it')
    .action(context.action(async () => (await import('../actions/rounds/recompute.js')).recomputeRound));
}

function announce(command: Command, context: CommandContext): void {
  command
    .requiredOption('--experts <names>', 'which experts learn, separated by commas', list)
    .option('--model <name>', 'a model, or one release of it: genesis, genesis@1.0.0', 'genesis')
    .option('--datasets <hashes>', 'blocks of chain D to train on, separated by commas', list, [])
    .option('--aggregator <name>', 'how updates are combined', 'centred_clipping')
    .option('--faulty <n>', 'how many members may be faulty or hostile', whole(0, 64), 1)
    .option('--minimum <n>', 'members without whom there is no result', whole(2, 64), 3)
    .option('--most <n>', 'members that are let in', whole(2, 64), 16)
    .option('--seed <text>', 'decides the order of the examples', '1')
    .option('--learning-rate <x>', 'greatest learning rate', amount(1), 1e-3)
    .option('--batch-tokens <n>', 'tokens that a training update is made from', whole(16, 1 << 20), 2048)
    .option('--steps <n>', 'training updates of each member', whole(1, 10_000_000), 100)
    .option('--update-bytes <n>', 'largest compressed update', whole(1, 2 ** 23), 2 ** 20)
    .option('--update-length <x>', 'longest update, as a multiple of the weights it changes', amount(100), 2)
    .option('--clip <x>', 'keep updates private: longest one, as --update-length', amount(100))
    .option('--noise <x>', 'with --clip: noise on their sum, as a multiple of that length', amount(1_000), 1)
    .option('--epsilon <x>', 'with --clip: what a member may lose of its privacy in all', amount(100), 8)
    .option('--delta <x>', 'with --clip: probability with which more may be lost', amount(1e-3), 1e-5)
    .option('--join-minutes <n>', 'how long one may join', amount(10_080), 60)
    .option('--commit-minutes <n>', 'how long one may train and commit', amount(10_080), 240)
    .option('--reveal-minutes <n>', 'how long one may show the update', amount(10_080), 60)
    .description('announce a round')
    .action(context.action(async () => (await import('../actions/rounds/announce.js')).announceRound));
}

function list(text: string): string[] {
  return [...new Set(text.split(',').map((part) => part.trim()))].filter((part) => part !== '').sort();
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
  };
}

function amount(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value > 0 && value <= most) return value;
    throw new InvalidArgumentError(`a number above 0, ${most} at most`);
  };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('a number from 0 to 1');
}

function beta(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 0.99) return value;
  throw new InvalidArgumentError('a number from 0 to 0.99');
}

function bits(text: string): number {
  if (text === '8' || text === '2') return Number(text);
  throw new InvalidArgumentError('8 or 2');
}
