// On a machine that others use too, threads that wait for each other measure the others. `--realtime` runs every single measurement at
// the library level, of both sides, under SCHED_RR (Linux, root): nothing else gets the cores for as long as it takes, a second or two.
// Not at the API level: node-llama-cpp has more spinning threads than a small machine has cores, and they would starve its own main thread.
import { execFileSync } from 'node:child_process';

/** Asks a side; the process has the cores to itself meanwhile when `alone` is set. */
export async function ask(side, line, alone) {
  if (!alone) return side.ask(line);
  schedule(side, ['-r', '-p', '10']);
  try {
    return await side.ask(line);
  } finally {
    schedule(side, ['-o', '-p', '0']);
  }
}

/** The process may be gone by now: whoever waits for its answer says so. */
function schedule(side, policy) {
  try {
    execFileSync('chrt', ['-a', ...policy, String(side.process.pid)], { stdio: 'ignore' });
  } catch {
    side.process.kill('SIGKILL');
  }
}
