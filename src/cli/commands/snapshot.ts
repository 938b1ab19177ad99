import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const MOST_KEPT = 10_000;

/** `stemma snapshot`: everything the server keeps as one folder, and a server out of such a folder. */
export function register(program: Command, context: CommandContext): void {
  const snapshot = program
    .command('snapshot')
    .description('save everything a server keeps, and bring it back');
  snapshot
    .command('create')
    .description('make a snapshot in SNAPSHOT_DIR (DATA_DIR/snapshots); a running server goes on')
    .option('--with-keys', "put the node's private keys into it, too")
    .option('--keep <n>', 'remove all but the newest n snapshots afterwards', wholeCount)
    .action(context.action(async () => (await import('../actions/snapshot.js')).createSnapshot));
  snapshot
    .command('restore')
    .argument('<folder>', 'the snapshot')
    .option('--force', 'move aside what lies in DATA_DIR')
    .option('--key <hex>', 'refuse a snapshot that another key signed')
    .description('fill DATA_DIR and an empty database from a snapshot, and check the result')
    .action(context.action(async () => (await import('../actions/snapshot-restore.js')).restore));
}

function wholeCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_KEPT) return count;
  throw new InvalidArgumentError(`a whole number from 1 to ${MOST_KEPT}`);
}
