// node bench/idle.mjs [seconds]: what a server that nobody asks takes of a core: the server and its PostgreSQL apart. Linux only.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from './server.mjs';

const SECONDS = Number(process.argv[2] ?? 300);
/** Percent of a core that the server may take. */
const LIMIT = 1;
/** Ticks per second of /proc: fixed on Linux, whatever the kernel's own clock does. */
const TICKS = 100;
/** Compilers and garbage collection calm down after the start; the first round of the agents comes after 15 s, then one in five minutes: 300 s hold one. */
const QUIET_SECONDS = 30;

/** Every process by its number: parent, name, and ticks of CPU time so far. */
function processes() {
  const found = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = statOf(pid);
    if (stat === null) continue;
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    found.set(Number(pid), {
      parent: Number(fields[1]),
      name,
      ticks: Number(fields[11]) + Number(fields[12]),
    });
  }
  return found;
}

/** Null for a process that has ended meanwhile. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
}

/** The processes below the server. */
function below(all, server) {
  const isBelow = (pid) => {
    for (let at = all.get(pid)?.parent; at; at = all.get(at)?.parent) if (at === server) return true;
    return false;
  };
  return [...all.keys()].filter(isBelow);
}

/** Ticks a process took between two looks; one that has ended meanwhile counts for nothing, one that is new for all it took. */
const taken = (before, after, pid) => (after.get(pid)?.ticks ?? 0) - (before.get(pid)?.ticks ?? 0);

const dataDir = mkdtempSync(join(tmpdir(), 'stemma-idle-'));
const server = await startServer(dataDir);
try {
  await sleep(QUIET_SECONDS * 1000);
  const [before, started] = [processes(), performance.now()];
  await sleep(SECONDS * 1000);
  const [after, seconds] = [processes(), (performance.now() - started) / 1000];
  const percent = (ticks) => ((ticks / TICKS / seconds) * 100).toFixed(2);
  const own = percent(taken(before, after, server.pid));
  const postgres = percent(below(after, server.pid).reduce((sum, pid) => sum + taken(before, after, pid), 0));
  console.log(
    `idle server: ${own} % of a core (limit ${LIMIT}), its PostgreSQL ${postgres} %, over ${SECONDS} s`,
  );
  console.log(
    JSON.stringify({ serverPercent: Number(own), postgresPercent: Number(postgres), seconds: SECONDS }),
  );
  process.exitCode = Number(own) < LIMIT ? 0 : 1;
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
