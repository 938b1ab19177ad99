import { execFile } from 'node:child_process';
import { CodedError, err, ok, type Result } from '../../common/index.js';

/** Longest time a program may take, ms. */
export const PROGRAM_DEADLINE_MS = 20_000;
/** Most it may print, bytes. */
const MOST_OUTPUT = 64 * 1024;
/** Characters of its complaint that a refusal repeats. */
const SHOWN = 300;

/**
 * Runs a program without a shell, with nothing of this process's environment but PATH, and for a limited time.
 * @returns what it printed. Refusal: `REPLICAS_UNAVAILABLE` (503) when it cannot be run, fails, takes too long or prints too much
 */
export function runProgram(
  program: string,
  args: readonly string[],
  deadlineMs = PROGRAM_DEADLINE_MS,
): Promise<Result<string>> {
  return new Promise((resolve) => {
    const options = {
      ...({ timeout: deadlineMs, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT, cwd: '/' } as const),
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve(ok(stdout));
      const why =
        error.killed === true ? `it took longer than ${deadlineMs} ms` : stderr.trim() || error.message;
      const detail = `${program} ${args.join(' ')} failed: ${why.slice(0, SHOWN)}`;
      resolve(err(new CodedError('REPLICAS_UNAVAILABLE', detail, {}, 503)));
    });
  });
}
