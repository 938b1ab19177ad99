// node bench/ledger-crash.mjs [--transfers 1000000] [--kills 40] [--seed n]: random batches, right and wrong, by a process that is
// killed again and again in the middle of them. Afterwards chain C adds up to the tables, and every batch that was
// acknowledged is there. MISSED, too, where fewer than half of the kills happened: then little was shown. Works on the built server (dist/).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unwrap } from '../dist/src/common/index.js';
import { loadConfig } from '../dist/src/config/index.js';
import { EmbeddedPostgres } from '../dist/src/database/index.js';
import { reportFigure } from './aims.mjs';
import { openLedger, randomNumbers, transferId } from './ledger-support.mjs';

const BATCH = 4_096;
const ACCOUNTS = 500;
const text = { type: 'string' };
const { values } = parseArgs({
  options: { transfers: text, kills: text, seed: text, worker: text, folder: text, from: text, until: text },
});
const seed = Number(values.seed ?? Date.now() % 1e6);
if (values.worker === undefined) await supervise(Number(values.transfers ?? 1e6), Number(values.kills ?? 40));
else await work(values.worker, values.folder, Number(values.from), Number(values.until));

/** Starts the worker, kills it, starts it again where it was, until all batches are acknowledged; then checks. */
async function supervise(transfers, kills) {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-ledger-crash-'));
  chmodSync(folder, 0o755);
  const postgres = unwrap(await EmbeddedPostgres.start(unwrap(loadConfig({ DATA_DIR: folder }))));
  const { ledger, dataSource, sequencer, check } = await openLedger(postgres.url, folder);
  await fill(ledger);
  const random = randomNumbers(seed);
  const until = Math.ceil(transfers / BATCH);
  const acknowledged = new Map();
  const codes = new Map();
  let killed = 0;
  while (acknowledged.size < until) {
    const child = spawn(
      process.execPath,
      [
        ...[fileURLToPath(import.meta.url), '--worker', postgres.url, '--folder', folder],
        ...['--from', String(acknowledged.size), '--until', String(until), '--seed', String(seed)],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const closed = once(child, 'close');
    // Killed a random while after a random acknowledgement, so that kills fall everywhere and the work gets on.
    let left = killed < kills ? 1 + Math.floor(random() * ((2 * until) / kills)) : Infinity;
    for await (const line of createInterface(child.stdout)) {
      const { batch, ok, words } = JSON.parse(line);
      acknowledged.set(batch, ok);
      for (const [word, count] of Object.entries(words)) codes.set(word, (codes.get(word) ?? 0) + count);
      if (--left > 0 || child.killed) continue;
      setTimeout(() => child.kill('SIGKILL'), random() * 300);
      left = Infinity;
    }
    const [, signal] = await closed;
    if (signal === 'SIGKILL') killed++;
    else if (acknowledged.size < until) throw new Error('the worker ended by itself');
  }
  const rows = await dataSource.query(
    `SELECT left(id::text, 8) AS batch, count(*) AS count FROM ledger_transfers GROUP BY 1`,
  );
  const stored = new Map(rows.map(({ batch, count }) => [parseInt(batch, 16), Number(count)]));
  const lost = [...acknowledged].filter(([batch, ok]) => (stored.get(batch) ?? 0) !== ok);
  const sums = await dataSource.query(
    `SELECT asset FROM ledger_accounts GROUP BY asset
     HAVING sum(debits_posted) <> sum(credits_posted) OR sum(debits_pending) <> sum(credits_pending)`,
  );
  sequencer.onApplicationBootstrap();
  const report = await check();
  for (const [code, count] of [...codes].sort((a, b) => b[1] - a[1]))
    console.log(`${code.padEnd(48)} ${count}`);
  for (const { detail, code } of report.findings) console.log(code, detail);
  const figures = {
    ...{ asked: until * BATCH, kills: killed, seed, batches: acknowledged.size, lost: lost.length },
    ...{ unbalanced_assets: sums.length, fsck_errors: report.errors, fsck_warnings: report.warnings },
  };
  console.log(JSON.stringify(figures));
  await sequencer.beforeApplicationShutdown();
  await dataSource.destroy();
  await postgres.stop();
  reportFigure('batches that were acknowledged and are lost', lost.length, { most: 0 });
  reportFigure('assets whose sum is not zero', sums.length, { most: 0 });
  reportFigure('errors of fsck', report.errors, { most: 0 });
  // A run with few kills, or in which nothing was made, shows little.
  reportFigure('kills in the middle of batches', killed, { least: Math.ceil(kills / 2) });
  reportFigure('transfers made', codes.get('CREATED') ?? 0, { least: 1 });
  if (process.exitCode === undefined) rmSync(folder, { recursive: true, force: true });
  else console.log(`data folder kept: ${folder}`);
  process.exit(process.exitCode ?? 0);
}

/** Makes batch after batch and says which are done. The first may have been made before the kill; asking again is harmless. */
async function work(url, folder, from, until) {
  const { ledger } = await openLedger(url, folder);
  for (let batch = from; batch < until; batch++) {
    const results = unwrap(await ledger.createTransfers(draw(batch)));
    const words = {};
    for (const result of results) {
      const word = result.ok ? (result.created ? 'CREATED' : 'EXISTS') : result.code;
      words[word] = (words[word] ?? 0) + 1;
    }
    const ids = new Set(
      draw(batch)
        .filter((_, i) => results[i].ok)
        .map(({ id }) => id),
    );
    const ok = [...ids].filter((id) => id.startsWith(transferId(batch, 0).slice(0, 8))).length;
    process.stdout.write(`${JSON.stringify({ batch, ok, words })}\n`);
  }
  process.exit(0);
}

async function fill(ledger) {
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => ({
    id: `a${n}`,
    asset: n % 5 === 0 ? 'XYZ' : 'BLY',
  }));
  const issuers = ['BLY', 'XYZ'].map((asset) => ({
    id: `issuer-${asset.toLowerCase()}`,
    asset,
    overdraftLimit: 10n ** 18n,
  }));
  unwrap(await ledger.openAccounts([...issuers, ...accounts]));
  const gifts = accounts.map(({ id: credit, asset }, n) => ({
    ...{
      id: transferId(0xffffffff, n),
      debit: `issuer-${asset.toLowerCase()}`,
      credit,
      amount: 10_000n,
      code: 'gift',
    },
  }));
  unwrap(await ledger.createTransfers(gifts));
}

/** The drafts of a batch: the same for the same seed and number. */
function draw(batch) {
  const random = randomNumbers(seed * 1009 + batch);
  const below = (limit) => Math.floor(random() * limit);
  const account = () => (random() < 0.01 ? 'missing' : `a${below(ACCOUNTS)}`);
  return Array.from({ length: BATCH }, (_, place) => {
    const id = transferId(batch, random() < 0.02 ? below(place + 1) : place);
    const linked = random() < 0.1;
    if (random() < 0.2) {
      const older = random() < 0.2 ? Math.max(0, batch - 1) : batch;
      const settled = transferId(older, below(older === batch ? place + 1 : BATCH));
      const amount = random() < 0.3 ? BigInt(1 + below(60)) : undefined;
      return {
        id,
        kind: random() < 0.6 ? 'post' : 'void',
        pendingId: settled,
        amount,
        linked,
      };
    }
    const pending = random() < 0.35;
    const balancing = random() < 0.05;
    const debit = account();
    // Mostly of the same asset, which depends on the number alone.
    const credit =
      random() < 0.9 && debit !== 'missing'
        ? `a${(Number(debit.slice(1)) + 5 * (1 + below(99))) % ACCOUNTS}`
        : account();
    return {
      ...{ id, kind: pending ? 'pending' : 'single', debit, credit, linked, code: 'crash' },
      // A balancing transfer of everything would leave the rest of the run without money.
      amount: balancing || random() < 0.98 ? BigInt(1 + below(400)) : random() < 0.5 ? -5n : 2n ** 127n - 1n,
      timeout: pending && random() < 0.5 ? 1 + below(3) : 0,
      balancing,
    };
  });
}
