import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BlockStores, Fsck, FsckRegistry } from '../../src/chain/index.js';
import { packageRoot } from '../../src/common/installation.js';
import { Transactions } from '../../src/database/index.js';
import { testConfig } from '../support/index.js';
import { openChain, type ChainUnderTest } from './chain-support.js';

const KILLS = Number(process.env.STEMMA_CRASH_KILLS ?? 6);
const seed = Number(process.env.STEMMA_CRASH_SEED ?? 20_261_122);

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function randomNumbers(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What workers said before they were killed. */
class Acknowledged {
  readonly blocks = new Set<string>();
  readonly entries = new Set<string>();
  /** Size of the log to the roots published for it. */
  readonly roots = new Map<number, Set<string>>();

  take(line: string): void {
    const { block, entry, checkpoint } = JSON.parse(line) as Line;
    if (block !== undefined) this.blocks.add(block);
    if (entry !== undefined) this.entries.add(entry);
    if (checkpoint === undefined) return;
    this.roots.set(checkpoint.size, (this.roots.get(checkpoint.size) ?? new Set()).add(checkpoint.root));
  }
}

interface Line {
  readonly block?: string;
  readonly entry?: string;
  readonly checkpoint?: { readonly size: number; readonly root: string };
}

/** A worker is not killed before it said as many lines about each: a slow machine does no less than a fast one. */
const LINES_BEFORE_A_KILL = 2;

function saidEnough(text: string): boolean {
  const linesOf = (kind: keyof Line) => text.split(`{"${kind}":`).length - 1;
  return linesOf('block') >= LINES_BEFORE_A_KILL && linesOf('entry') >= LINES_BEFORE_A_KILL;
}

/** Runs a worker, kills it `ms` after it said enough, and notes what it said in whole lines. */
async function runAndKill(
  sut: ChainUnderTest,
  round: number,
  ms: number,
  acknowledged: Acknowledged,
): Promise<void> {
  const script = join(packageRoot(), 'test/integration/chain-crash-worker.mjs');
  const child = spawn(process.execPath, [script, sut.url, sut.folder, `${seed}-${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const enough = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (saidEnough(text)) resolve();
    });
  });
  const closed = once(child, 'close');
  await Promise.race([enough, closed]);
  await delay(ms);
  child.kill('SIGKILL');
  await closed;
  for (const line of text.split('\n').slice(0, -1)) acknowledged.take(line);
}

it(`loses nothing acknowledged in ${KILLS} kills (seed ${seed})`, async () => {
  const random = randomNumbers(seed);
  const sut = await openChain();
  const acknowledged = new Acknowledged();
  try {
    for (let round = 0; round < KILLS; round++) await runAndKill(sut, round, random() * 400, acknowledged);
    const [transactions, registry] = [new Transactions(sut.dataSource), new FsckRegistry()];
    const stores = BlockStores.inFolder(join(sut.folder, 'blobs'));
    const config = testConfig({ dataDir: sut.folder });
    const fsck = new Fsck(
      config,
      sut.keys,
      sut.dataSource,
      transactions,
      stores,
      sut.files,
      sut.sequencer,
      registry,
    );
    sut.sequencer.onApplicationBootstrap();
    const report = await fsck.run({ repair: false, exclusive: true });
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const blocks = await sut.reader.headers([...acknowledged.blocks]);
    expect(blocks.size).toBe(acknowledged.blocks.size);
    const rows = await sut.dataSource.query<{ subject: string }[]>(
      `SELECT subject FROM log_entries WHERE kind = 'crash' AND leaf_index IS NOT NULL`,
    );
    const found = rows.map(({ subject }) => subject);
    const present = new Set(found);
    expect(present.size).toBe(found.length);
    expect([...acknowledged.entries].filter((entry) => !present.has(entry))).toEqual([]);
    expect([...acknowledged.roots.values()].filter((roots) => roots.size > 1)).toEqual([]);
    expect(acknowledged.blocks.size).toBeGreaterThan(KILLS);
    expect(acknowledged.entries.size).toBeGreaterThan(KILLS);
  } finally {
    await sut.close();
  }
});
