// node bench/browser-idle.mjs [seconds] [path …]: what a page of the dashboard that nobody touches takes of a core: Chromium with all its
// processes, software rendering, 1280 × 800; in sight, with its tab hidden, and beside an empty page. Linux only; CHROMIUM_PATH.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { startServer } from './server.mjs';

const [seconds = '30', ...paths] = process.argv.slice(2);
const SECONDS = Number(seconds);
const PAGES = paths.length > 0 ? paths : ['/resonance'];
/** Percent of a core that a page in sight may take. */
const LIMIT = 5;
/** Ticks per second of /proc: fixed on Linux, whatever the kernel's own clock does. */
const TICKS = 100;
/** Compilation, first data and garbage collection are over then. */
const QUIET_SECONDS = 15;
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];

/** Ticks of CPU time so far of the processes below this one whose name speaks of Chromium, by what they do. */
function browserTicks() {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      all.set(Number(pid), {
        parent: Number(fields[1]),
        command,
        ticks: Number(fields[11]) + Number(fields[12]),
      });
    } catch {
      // it has ended meanwhile
    }
  }
  const isOurs = (pid) => {
    for (let at = pid; at; at = all.get(at)?.parent) if (at === process.pid) return true;
    return false;
  };
  const sums = {};
  for (const [pid, { command, ticks }] of all) {
    if (!/chrom/i.test(command.split('\0')[0]) || !isOurs(pid)) continue;
    const kind = /--type=([a-z-]+)/.exec(command)?.[1] ?? 'browser';
    sums[kind] = (sums[kind] ?? 0) + ticks;
  }
  return sums;
}

/** Percent of a core by kind of process, and together. */
async function measure() {
  await sleep(QUIET_SECONDS * 1000);
  const [before, started] = [browserTicks(), performance.now()];
  await sleep(SECONDS * 1000);
  const [after, took] = [browserTicks(), (performance.now() - started) / 1000];
  const percent = (ticks) => Number(((ticks / TICKS / took) * 100).toFixed(2));
  const kinds = Object.fromEntries(
    Object.keys(after).map((kind) => [kind, percent(after[kind] - (before[kind] ?? 0))]),
  );
  const together = Object.keys(after).reduce((sum, kind) => sum + after[kind] - (before[kind] ?? 0), 0);
  return { together: percent(together), kinds };
}

/** A browser of its own for every measurement: nothing is left over from the one before. */
async function withPage(url, work, options = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    await page.goto(url);
    await work(page);
    return await measure();
  } finally {
    await browser.close();
  }
}

/** Headless pages are always in sight: the page is told that it is not, as a browser tells a tab that is covered. */
const hide = (page) =>
  page.evaluate(`(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  })()`);

const dataDir = mkdtempSync(join(tmpdir(), 'stemma-browser-idle-'));
const server = await startServer(dataDir);
const results = {};
try {
  results.empty = await withPage('about:blank', () => Promise.resolve());
  for (const path of PAGES) {
    const url = `${server.url}${path}`;
    results[path] = await withPage(url, () => Promise.resolve());
    results[`${path} still`] = await withPage(url, () => Promise.resolve(), { reducedMotion: 'reduce' });
    results[`${path} hidden`] = await withPage(url, hide);
  }
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
for (const [name, { together, kinds }] of Object.entries(results))
  console.log(
    `${name}: ${together} % of a core (${Object.entries(kinds)
      .map(([kind, share]) => `${kind} ${share}`)
      .join(', ')})`,
  );
console.log(JSON.stringify({ seconds: SECONDS, limit: LIMIT, results }));
process.exitCode = PAGES.every((path) => results[path].together < LIMIT) ? 0 : 1;
