import { readFileSync } from 'node:fs';

/** Asks /health every 10 ms until `stop`, which returns the 99th percentile of the answers' times in ms. */
export function watchHealth(url) {
  const times = [];
  let running = true;
  const loop = async () => {
    while (running) {
      const started = performance.now();
      await (await fetch(`${url}/health`)).text();
      times.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const done = loop();
  void done;
  return {
    stop: () => {
      running = false;
      return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)];
    },
  };
}

/** Resident memory of a process in MiB (Linux). */
export function residentMebibytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
}
