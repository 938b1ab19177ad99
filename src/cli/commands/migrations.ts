import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma migrations check`: proves on a scratch PostgreSQL that every migration can be undone and done again. */
export function register(program: Command, context: CommandContext): void {
  const migrations = program.command('migrations').description('look after the database schema');
  migrations
    .command('check')
    .description('run all migrations up, down and up again on a scratch database')
    .action(context.action(async () => (await import('../actions/migrations.js')).checkMigrations));
}
