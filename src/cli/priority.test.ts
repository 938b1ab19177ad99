import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { enterIdleClass } from './priority.js';

const hasChrt = process.platform === 'linux' && spawnSync('chrt', ['--version']).status === 0;
/** SCHED_IDLE (sched(7)). */
const IDLE = 5;

/** The scheduling classes of a process's threads: the 41st field of their `stat` (proc(5)). */
function classesOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).map((task) => {
    // The second field is a name in brackets, and the third comes behind them.
    const fields = readFileSync(`${tasks}/${task}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[41 - 3]);
  });
}

describe('the idle class', () => {
  it('takes all threads of a process, where it can be had', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("ready")']);
    try {
      await once(child.stdout, 'data');
      const { pid = 0 } = child;
      expect(enterIdleClass(pid)).toBe(hasChrt);
      if (!hasChrt) return;
      const classes = classesOf(pid);
      expect(classes.length).toBeGreaterThan(1);
      expect(new Set(classes)).toEqual(new Set([IDLE]));
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('is refused for a process that is not there', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'close');
    expect(enterIdleClass(child.pid)).toBe(false);
  });
});
