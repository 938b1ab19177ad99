import { readdirSync, readFileSync } from 'node:fs';
import { systemCodeOf } from '../../common/index.js';

/**
 * Ends a PostgreSQL that does not answer, with everything it started: a stopped process obeys no other signal, and a child
 * that stays would hold the shared memory. What was committed is safe: the next start replays the write-ahead log.
 * @returns how many processes were ended
 */
export function killPostmaster(postmaster: number): number {
  const family = [postmaster, ...childrenOf(postmaster)];
  for (const pid of family) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'ESRCH') throw thrown;
    }
  }
  return family.length;
}

/** The direct children of a process, by field 4 of /proc/<pid>/stat; none where there is no /proc. */
function childrenOf(parent: number): number[] {
  return processIds().filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  });
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
