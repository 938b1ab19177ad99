import { lockHolder, RunJournal, type Role } from '../../config/index.js';
import type { CommandContext } from '../command-context.js';
import { ServerProcess } from '../supervise/server-process.js';
import { Supervisor } from '../supervise/supervisor.js';
import { notifySystemd, watchdogInterval } from '../supervise/systemd-notify.js';

/** A start imports the genesis model and may have to recover a database, ms. */
const START_MS = 120_000;
const EVERY_MS = 2_000;
const ASK_MS = 3_000;
const GRACE_MS = 5_000;

/** Runs the server as a child and keeps it running. A server that somebody else runs on the folder is left alone. */
export async function supervise(
  context: CommandContext,
  { role, silence }: { role?: Role; silence: string },
): Promise<number> {
  const config = await context.config();
  const holder = lockHolder(config.dataDir);
  const say = (line: string) => process.stderr.write(`supervisor: ${line}\n`);
  if (holder !== null) {
    say(`${config.dataDir} is in use by process ${holder.pid}`);
    return 1;
  }
  const answers = async (pid: number): Promise<boolean | null> => {
    const url = ownUrl(config.dataDir, pid);
    return url === null ? null : answersHealth(url);
  };
  const start = () => new ServerProcess(role === undefined ? [] : ['--role', role]);
  const interval = watchdogInterval(process.env);
  const sign = () => {
    if (interval !== null) notifySystemd('WATCHDOG=1');
  };
  const journal = new RunJournal(config.dataDir);
  const note = (pid: number | undefined, how: string) => journal.ended(pid, how);
  const supervisor = new Supervisor(
    { silenceMs: Number(silence) * 1000, startMs: START_MS, everyMs: EVERY_MS, graceMs: GRACE_MS },
    { start, answers, say, note, sign },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => supervisor.stop(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  const signIfWell = () => {
    if (supervisor.isWell) sign();
  };
  const watchdog = interval === null ? undefined : setInterval(signIfWell, interval);
  try {
    return await supervisor.run();
  } finally {
    clearInterval(watchdog);
  }
}

/** Where the server of that process listens; null while it does not, or while another one holds the folder. */
function ownUrl(folder: string, pid: number): string | null {
  const holder = lockHolder(folder);
  return holder?.pid === pid ? holder.url : null;
}

async function answersHealth(url: string): Promise<boolean> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(ASK_MS) }).then(
    (response) => response.ok,
    () => false,
  );
}
