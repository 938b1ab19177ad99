import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Longest time a test waits for what must come, ms. It says nothing about how fast the server is: a machine may be ten times slower
 * than usual, or stop for a while. A wait that runs into it waits for what never comes.
 */
export const PATIENCE_MS = 300_000;
const POLL_MS = 20;

/** Waits until something is true that stays true; what throws is not true yet. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  let last: unknown;
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await delay(POLL_MS)) {
    try {
      if (await holds()) return;
    } catch (thrown) {
      last = thrown;
    }
  }
  throw new Error(`not in time: ${what}`, { cause: last });
}

/** Asks until the answer is a good one. @returns that answer */
export async function answerOnce<T>(ask: () => Promise<T> | T, good: (answer: T) => boolean): Promise<T> {
  let last = await ask();
  for (const end = performance.now() + PATIENCE_MS; !good(last); last = await ask()) {
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(last)}`);
    await delay(POLL_MS);
  }
  return last;
}

/** Puts another text into a file that a server watches, which never sees half of it. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
