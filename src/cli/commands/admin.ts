import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma admin`: who administers this server. */
export function register(program: Command, context: CommandContext): void {
  const admin = program.command('admin').description('make accounts that administer this server');
  admin
    .command('create')
    .description('make an admin account and print its password once')
    .option('--name <name>', 'what the account is called', 'admin')
    .action(context.action(async () => (await import('../actions/admin.js')).createAdmin));
  admin
    .command('password')
    .description('print a link with which somebody who has forgotten the password sets another')
    .requiredOption('--name <name>', 'whose')
    .action(context.action(async () => (await import('../actions/admin.js')).printPasswordLink));
}
