import { once } from 'node:events';
import { Option, type Command } from 'commander';
import { unwrap } from '../../common/index.js';
import type { Role } from '../../config/index.js';
import type { CommandContext } from '../command-context.js';

/** How long after the allowed time for stopping the process ends anyway. */
const GRACE_MS = 10_000;
/** One Ctrl-C can arrive twice, from the terminal and from a parent process; only a later one is a second thought. */
const SECOND_INTERRUPT_AFTER_MS = 1_000;

/** `stemma serve`: runs the server until it is told to stop. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('run the server')
    .addOption(new Option('--role <role>', 'what this process does').choices(['api', 'worker', 'expert']))
    .action(
      context.action(async (options: { role?: Role }) => {
        const config = options.role ? context.config.with({ role: options.role }) : context.config;
        const stopAsked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
        const { serve } = await import('../serve.js');
        const server = unwrap(await serve(config));
        await stopAsked;
        setTimeout(() => process.exit(1), config.shutdownTimeoutMs + GRACE_MS).unref();
        exitOnSecondInterrupt();
        await server.stop();
      }),
    );
}

function exitOnSecondInterrupt(): void {
  const armed = setTimeout(() => process.once('SIGINT', () => process.exit(130)), SECOND_INTERRUPT_AFTER_MS);
  armed.unref();
}
