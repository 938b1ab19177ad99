import { once } from 'node:events';
import { RESTART_EXIT_CODE } from '../../common/autonomy/server-restart.js';
import { unwrap } from '../../common/index.js';
import type { Role } from '../../config/index.js';
import { EXIT, type CommandContext } from '../command-context.js';

/** How long after the allowed time for stopping the process ends anyway. */
const GRACE_MS = 10_000;
/** One Ctrl-C can arrive twice, from the terminal and from a parent process; only a later one is a second thought. */
const SECOND_INTERRUPT_AFTER_MS = 1_000;

/** Runs the server until it is told to stop, or asks to be started again, which its exit code says then. */
export async function runServer(context: CommandContext, options: { role?: Role }): Promise<number> {
  const stopAsked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => EXIT.done);
  const configured = await context.config();
  const config = options.role ? configured.with({ role: options.role }) : configured;
  // The server is loaded only here, because that takes a while and a request to stop must not be lost in it.
  const { serve } = await import('../serve.js');
  const server = unwrap(await serve(config));
  const exitCode = await Promise.race([stopAsked, server.restartAsked.then(() => RESTART_EXIT_CODE)]);
  setTimeout(() => process.exit(1), config.shutdownTimeoutMs + GRACE_MS).unref();
  exitOnSecondInterrupt();
  await server.stop();
  return exitCode;
}

function exitOnSecondInterrupt(): void {
  const armed = setTimeout(() => process.once('SIGINT', () => process.exit(130)), SECOND_INTERRUPT_AFTER_MS);
  armed.unref();
}
