import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';

/** How a command ended and what it printed. */
export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `stemma <args>` as built. @param env settings, such as DATA_DIR; nothing else of this process's environment counts */
export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'stemma.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Tests run beside each other: a training that waits until others are done, or that they do not let run, could wait for all of them. */
export const AMONG_TESTS = ['--priority', 'low'] as const;

/** Runs `stemma train <args>` as built, without waiting for the tests beside it. */
export function runTrainCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandOutcome> {
  return runCommand(['train', ...AMONG_TESTS, ...args], env);
}
