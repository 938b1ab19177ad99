import { once } from 'node:events';
import { unwrap } from '../../common/index.js';
import type { Role } from '../../config/index.js';
import type { CommandContext } from '../command-context.js';

/** How long after the allowed time for stopping the process ends anyway. */
const GRACE_MS = 10_000;
/** One Ctrl-C can arrive twice, from the terminal and from a parent process; only a later one is a second thought. */
const SECOND_INTERRUPT_AFTER_MS = 1_000;

/** Runs the server until it is told to stop. */
export async function runServer(context: CommandContext, options: { role?: Role }): Promise<void> {
  const stopAsked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const configured = await context.config();
  const config = options.role ? configured.with({ role: options.role }) : configured;
  // The server is loaded only here, because that takes a while and a request to stop must not be lost in it.
  const { serve } = await import('../serve.js');
  const server = unwrap(await serve(config));
  await stopAsked;
  setTimeout(() => process.exit(1), config.shutdownTimeoutMs + GRACE_MS).unref();
  exitOnSecondInterrupt();
  await server.stop();
}

function exitOnSecondInterrupt(): void {
  const armed = setTimeout(() => process.once('SIGINT', () => process.exit(130)), SECOND_INTERRUPT_AFTER_MS);
  armed.unref();
}
