import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

/** `stemma tasks` and `stemma approve`: what the server is asked to do, and the answer of a guardian. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('tasks')
    .option('--state <state>', 'only tasks in this state, such as waiting_approval')
    .option('--limit <count>', 'how many, at most 200', '50')
    .description('list tasks, newest first')
    .action(context.action(async () => (await import('../actions/tasks.js')).listTasks));
  program
    .command('approve')
    .argument('<task>', 'id of the task that waits')
    .option('--reject', 'reject instead of approving')
    .requiredOption('--reason <text>', 'why')
    .option('--plan-hash <hash>', 'approve exactly this plan, and no other')
    .description('approve or reject the step of a task that waits for it')
    .action(context.action(async () => (await import('../actions/tasks.js')).approveTask));
}
