import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux gives to whoever wants any (from 32,768), so that nobody gets one of these by chance. */
const FIRST = 20_000;
const PER_WORKER = 1_000;
const MOST_WORKERS = 10;

let next = process.pid % PER_WORKER;

/**
 * A port for a server that must come back under the same number after an end: no other process of a test run takes it meanwhile. Each of
 * the processes that run test files has ports of its own.
 */
export async function lastingPort(): Promise<number> {
  const worker = Number(process.env.JEST_WORKER_ID ?? 0) % MOST_WORKERS;
  for (let tried = 0; tried < PER_WORKER; tried++) {
    const port = FIRST + worker * PER_WORKER + (next++ % PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const free = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
