import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * Asks /health every 10 ms until `stop`, which resolves with the 99th percentile of the answers' times in ms. In a thread of its own, so
 * that it waits for the server and not for the benchmark.
 */
export function watchHealth(url) {
  const worker = new Worker(new URL('health-thread.mjs', import.meta.url), { workerData: url });
  const done = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  // until somebody waits for it, a failure is not lost
  done.catch(() => undefined);
  return {
    stop: async () => {
      worker.postMessage('stop');
      const times = await done;
      return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)];
    },
  };
}

/** Resident memory of a process in MiB (Linux). */
export function residentMebibytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
}

/** Of that, what is a process's own and what are files, MiB (Linux). */
export function residentParts(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const part = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) / 1024;
  return { own: part('RssAnon'), files: part('RssFile') };
}

/** Processor time a process has used so far, all threads together, ms. */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const ticksPerSecond = 100;
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Processor time that the embedded PostgreSQL of a data folder has used so far in all of its processes that live now, ms. */
export function databaseCpuMs(dataDir) {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  const postmaster = readFileSync(file, 'utf8').split('\n')[0];
  const parentOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1];
  const isOurs = (pid) => pid === postmaster || parentOf(pid) === postmaster;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  let total = 0;
  for (const pid of pids) {
    try {
      if (isOurs(pid)) total += cpuMs(pid);
    } catch {
      // it has ended since the list was read
    }
  }
  return total;
}
