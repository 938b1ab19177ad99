// On a machine that others use too, threads that wait for each other measure the others. `--realtime` runs every single measurement,
// of both sides, under SCHED_FIFO (Linux, root): nothing else gets the cores for as long as it takes, a few seconds at most.
import { execFileSync } from 'node:child_process';

/** Asks a side; the process has the cores to itself meanwhile when `alone` is set. */
export async function ask(side, line, alone) {
  if (!alone) return side.ask(line);
  schedule(side, ['-f', '-p', '10']);
  try {
    return await side.ask(line);
  } finally {
    schedule(side, ['-o', '-p', '0']);
  }
}

function schedule(side, policy) {
  execFileSync('chrt', ['-a', ...policy, String(side.process.pid)]);
}
