// node bench/ledger.mjs [batches] [accounts]: transfers per second through the whole ledger, each batch a signed, durable
// block of chain C with its log entry; PostgreSQL with its usual durability. Works on the built server (dist/).
import { readFileSync } from 'node:fs';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../dist/src/common/index.js';
import { loadConfig } from '../dist/src/config/index.js';
import { EmbeddedPostgres } from '../dist/src/database/index.js';
import { reportFigure } from './aims.mjs';
import { openLedger, randomNumbers } from './ledger-support.mjs';

const [batches = 24, accounts = 10_000] = process.argv.slice(2).map(Number);
const BATCH = 8_190;
/** Ticks of /proc per second. */
const TICKS = 100;
const seed = 7;

const folder = mkdtempSync(join(tmpdir(), 'stemma-ledger-'));
chmodSync(folder, 0o755);
const postgres = unwrap(await EmbeddedPostgres.start(unwrap(loadConfig({ DATA_DIR: folder }))));
const { ledger, dataSource, sequencer, check } = await openLedger(postgres.url, folder);
const random = randomNumbers(seed);
const id = () =>
  Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
const name = (n) => `account-${n}`;

await fill();
const made = [];
for (let i = 0; i < batches; i++) made.push(Array.from({ length: BATCH }, transfer));
const [before, began, database] = [process.cpuUsage(), performance.now(), databaseCpu(await backends())];
const times = [];
for (const transfers of made) {
  const start = performance.now();
  const results = unwrap(await ledger.createTransfers(transfers));
  times.push(performance.now() - start);
  const failed = results.find(({ ok }) => !ok);
  if (failed !== undefined) throw new Error(`a transfer failed: ${failed.code}`);
}
const seconds = (performance.now() - began) / 1000;
const cpu = process.cpuUsage(before);
const nodeCpu = (cpu.user + cpu.system) / 1e6;
const postgresCpu = databaseCpu(await backends()) - database;
times.sort((a, b) => a - b);
sequencer.onApplicationBootstrap();
const report = await check();
const figures = {
  transfers: batches * BATCH,
  accounts,
  transfers_per_second: Math.round((batches * BATCH) / seconds),
  batch_ms_median: Math.round(times[times.length >> 1]),
  batch_ms_slowest: Math.round(times.at(-1)),
  node_cpu_us_per_transfer: Math.round((nodeCpu * 1e7) / (batches * BATCH)) / 10,
  postgres_cpu_us_per_transfer: Math.round((postgresCpu * 1e7) / (batches * BATCH)) / 10,
  transfers_per_cpu_second: Math.round((batches * BATCH) / (nodeCpu + postgresCpu)),
  fsck_errors: report.errors,
};
for (const [key, value] of Object.entries(figures))
  console.log(`${key.padEnd(32)} ${value.toLocaleString('en')}`);
console.log(JSON.stringify(figures));
await sequencer.beforeApplicationShutdown();
await dataSource.destroy();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
reportFigure('transfers a second', figures.transfers_per_second, { least: 20_000 });
reportFigure('errors of fsck', report.errors, { most: 0 });
process.exit(process.exitCode ?? 0);

/** Opens the accounts and gives each something to spend. */
async function fill() {
  const drafts = Array.from({ length: accounts }, (_, n) => ({ id: name(n), asset: 'BLY' }));
  unwrap(await ledger.openAccounts([{ id: 'issuer', asset: 'BLY', overdraftLimit: 10n ** 18n }]));
  for (let i = 0; i < accounts; i += BATCH) {
    unwrap(await ledger.openAccounts(drafts.slice(i, i + BATCH)));
    const gifts = drafts.slice(i, i + BATCH).map(({ id: credit }) => ({
      ...{ id: id(), debit: 'issuer', credit, amount: 10n ** 12n, code: 'bench' },
    }));
    unwrap(await ledger.createTransfers(gifts));
  }
}

function transfer() {
  const debit = Math.floor(random() * accounts);
  const credit = (debit + 1 + Math.floor(random() * (accounts - 1))) % accounts;
  return {
    ...{ id: id(), debit: name(debit), credit: name(credit), code: 'bench' },
    amount: BigInt(1 + Math.floor(random() * 1000)),
  };
}

async function backends() {
  const rows = await dataSource.query(`SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL`);
  return rows.map(({ pid }) => pid);
}

/** CPU seconds of these processes; those that are gone count as none. */
function databaseCpu(pids) {
  return pids.reduce((sum, pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
    } catch {
      return sum;
    }
  }, 0);
}
