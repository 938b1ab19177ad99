import { CodedError, unwrap, type Json } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import { startProgress, type Progress } from './progress.js';
import type { CommandHost } from './with-application.js';

/** Exit codes of every command. */
export const EXIT = { done: 0, false: 1, usage: 2 } as const;

/** What a command does. @returns the exit code, 0 when it says nothing */
export type CommandWork<A extends unknown[]> = (
  context: CommandContext,
  ...args: A
) => Promise<number | void>;

/** What every command gets. It loads no module itself, so that help and wrong use answer at once. */
export class CommandContext {
  /** Whether `--json` was given: results are then printed as JSON, for machines. */
  json = false;
  /** What the process ends with. */
  exitCode: number = EXIT.done;
  private loaded: AppConfig | null = null;

  /** The configuration; throws its refusal. */
  async config(): Promise<AppConfig> {
    const { loadConfig } = await import('./settings.js');
    this.loaded ??= unwrap(loadConfig());
    return this.loaded;
  }

  /** Runs work with the running server or, without one, with the application itself (loaded only when needed). */
  async withApplication<T>(work: (host: CommandHost) => Promise<T>): Promise<T> {
    const { withApplication } = await import('./with-application.js');
    return withApplication(await this.config(), work);
  }

  /** Prints a result: the value with `--json`, otherwise the text. */
  print(value: Json, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value)}\n` : `${text}\n`);
  }

  /** A progress bar on stderr; it shows only on a terminal and only after two seconds. */
  progress(what: string, total: number): Progress {
    return startProgress(what, total, process.stderr);
  }

  /**
   * The action of a command for commander. The work is loaded when the command runs, and with it every module it needs;
   * what it returns (or 0) becomes the exit code, a refusal is printed as one line (or as JSON) and ends with 1.
   */
  action<A extends unknown[]>(load: () => Promise<CommandWork<A>>): (...args: A) => Promise<void> {
    return async (...args) => {
      try {
        const work = await load();
        this.exitCode = (await work(this, ...args)) ?? EXIT.done;
      } catch (thrown) {
        this.refuse(await refusalIn(thrown));
      }
    };
  }

  /** Prints a refusal and sets the exit code. */
  refuse({ code, message, facts }: CodedError): void {
    this.exitCode = EXIT.false;
    if (this.json) process.stdout.write(`${JSON.stringify({ error: { code, message, facts } })}\n`);
    else process.stderr.write(`stemma: ${message} [${code}]\n`);
  }
}

/** The refusal in something thrown; a lost or full database is one too. Throws what is a bug. */
async function refusalIn(thrown: unknown): Promise<CodedError> {
  if (thrown instanceof CodedError) return thrown;
  const { databaseRefusal } = await import('./settings.js');
  const refusal = databaseRefusal(thrown);
  if (refusal === null) throw thrown;
  return refusal;
}
