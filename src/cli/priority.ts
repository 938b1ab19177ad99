import { spawnSync } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** How a long computation stands beside what else runs: `idle` takes what others leave, `low` is last in line, `normal` is as any program. */
export type Priority = 'idle' | 'low' | 'normal';

const CHRT_MS = 5_000;

/** Lets others go first, unless `normal` is wanted. Threads inherit it, so it comes before them. */
export function lowerPriority(priority: Priority): void {
  if (priority !== 'normal') setPriority(constants.priority.PRIORITY_LOW);
}

/**
 * Puts all threads of a process, and those that they start, into Linux's idle class: they run where nobody else wants to, and whoever wakes
 * up takes their place at once (sched(7)). Node.js has no call for it; `chrt` of util-linux has. A process in it may wait for long with a
 * lock in its hands, so this is for processes that only compute.
 * @returns false where it cannot be had: the niceness of before stays
 */
export function enterIdleClass(pid = process.pid): boolean {
  if (process.platform !== 'linux') return false;
  const words = ['--all-tasks', '--idle', '--pid', '0', String(pid)];
  return spawnSync('chrt', words, { stdio: 'ignore', timeout: CHRT_MS }).status === 0;
}
