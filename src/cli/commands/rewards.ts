import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma rewards`: works out again what was paid, checks proofs of what is owed, fills accounts, and has mistakes put right. */
export function register(program: Command, context: CommandContext): void {
  const rewards = program
    .command('rewards')
    .description('check who was paid what, and have a mistake put right');
  rewards
    .command('recompute')
    .requiredOption('--epoch <n>', 'number of the epoch', epoch)
    .option('--server <url>', 'a server to read from, instead of your own data folder')
    .description('work out an epoch of rewards again from the log, and compare it with what was published')
    .action(context.action(async () => (await import('../actions/rewards-recompute.js')).recompute));
  rewards
    .command('compensate')
    .argument('<transfer>', 'id of the transfer that paid by mistake, as statements show it')
    .requiredOption('--reason <text>', 'what was wrong; it is in the log for good')
    .option('--amount <bly>', 'give back so much of it only, in BLY')
    .description('ask for a transfer that gives back what another one paid; a guardian has to approve it')
    .action(context.action(async () => (await import('../actions/rewards-compensate.js')).compensate));
  rewards
    .command('deposit')
    .argument('<bly>', 'how much, in BLY')
    .option('--account <name>', 'id or login name of whose account gets it, for admins; without it your own')
    .option('--server <url>', 'ask this server instead of your own')
    .option('--token <token>', 'API key or access token for --server (or STEMMA_TOKEN)')
    .description('move what your key has earned to an account, which pays for answers where these cost a fee')
    .action(context.action(async () => (await import('../actions/rewards-deposit.js')).deposit));
  rewards
    .command('verify-solvency')
    .argument('<proof>', 'a proof as GET /rewards/solvency/:account answers')
    .option('--root <hash>', 'the root that everybody was shown, such as from GET /rewards/solvency')
    .description('check that a balance is part of the sum of all balances')
    .action(context.action(async () => (await import('../actions/verify-solvency.js')).verifySolvencyFile));
}

function epoch(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number from 1');
}
