import { Command, CommanderError } from 'commander';
import { CommandContext, EXIT } from './command-context.js';
import { COMMANDS } from './commands/index.js';
import { packageVersion } from '../common/installation.js';

/** Runs one command line. @param argv as `process.argv`  @returns the exit code: 0 done, 1 false or refused, 2 wrong use */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const context = new CommandContext();
  const program = new Command('stemma')
    .description('Serve mixture-of-experts models whose answers can be replayed bit for bit.')
    .version(packageVersion())
    .option('--json', 'print results as JSON')
    .exitOverride()
    .hook('preAction', (_program, command) => {
      context.json = command.optsWithGlobals<{ json?: boolean }>().json === true;
    });
  for (const register of COMMANDS) register(program, context);
  try {
    await program.parseAsync(argv);
    return context.exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}
