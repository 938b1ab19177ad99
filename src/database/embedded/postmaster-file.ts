import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, err, ok, systemCodeOf, type Result } from '../../common/index.js';

const POLL_MS = 20;

/** The process id of the PostgreSQL that runs on a cluster now, or null. A file left by a crash counts as none. */
export function runningPostmaster(cluster: string): number | null {
  const pid = pidInFile(cluster);
  return pid !== null && isPostgresOf(pid, cluster) ? pid : null;
}

/**
 * Makes sure that nothing runs on the cluster: stops a PostgreSQL that outlived its server (fast shutdown, immediate after
 * half the deadline) and removes a file that a crash left and a foreign process makes look alive.
 * Refusal: POSTGRES_STILL_RUNNING.
 */
export async function clearPostmaster(
  cluster: string,
  deadlineMs: number,
): Promise<Result<'none' | 'stopped'>> {
  const pid = runningPostmaster(cluster);
  if (pid === null) {
    rmSync(join(cluster, 'postmaster.pid'), { force: true });
    return ok('none');
  }
  if (await stopPostmaster(pid, cluster, deadlineMs)) return ok('stopped');
  return err(
    new CodedError('POSTGRES_STILL_RUNNING', `PostgreSQL (process ${pid}) of an earlier run does not stop`),
  );
}

async function stopPostmaster(pid: number, cluster: string, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  signal(pid, 'SIGINT');
  let immediate = false;
  while (performance.now() < end) {
    if (!isPostgresOf(pid, cluster)) return true;
    if (!immediate && performance.now() > end - deadlineMs / 2) {
      immediate = true;
      signal(pid, 'SIGQUIT');
    }
    await delay(POLL_MS);
  }
  return false;
}

function pidInFile(cluster: string): number | null {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

/** Whether that process is a PostgreSQL started on that cluster. Without /proc, being alive has to do. */
function isPostgresOf(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ESRCH') return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch (thrown) {
    return systemCodeOf(thrown) === 'ENOENT' ? process.platform !== 'linux' : true;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'ESRCH') throw thrown;
  }
}
