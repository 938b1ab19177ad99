// Stemma beside llama.cpp on the same machine: the same weights (exported to GGUF), bits, prompts and lengths, in interleaved rounds.
// Fails when a median ratio at the library level is below its aim (S and M, two threads), and when nothing could be held to one.
// node bench/peers/run.mjs [--realtime] [--models S,M,genesis] [--rounds 5] [--threads 2] [--levels library,api]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { expectFigure, fail } from '../aims.mjs';
import { buildDriver, installPeers, libraryFolder } from './install.mjs';
import { ask } from './realtime.mjs';
import { Side } from './side.mjs';

const { values: options } = parseArgs({
  options: {
    realtime: { type: 'boolean', default: false },
    models: { type: 'string', default: 'S,M,genesis' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    levels: { type: 'string', default: 'library,api' },
  },
});
const { threads, realtime } = options;
const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stemma-peers-'));
const levels = options.levels.split(',');

/** What is asked, and the tokens of one step. Decode starts at position 8 and stays below 72. */
const MEASUREMENTS = [
  { name: 'decode 1 stream', line: (round, steps) => `decode ${round} 1 8 ${steps}`, tokens: 1 },
  { name: 'decode 8 streams', line: (round, steps) => `decode ${round} 8 8 ${steps / 4}`, tokens: 8 },
  { name: 'prefill 256', line: (round) => `prefill ${round} 256`, tokens: 256 },
];

/** How often everything is measured in a round before it counts: compilers and the number of threads settle. */
const WARM_UP = 2;

/** Sides that compute without a binding. */
const LIBRARY = new Set(['stemma', 'llama.cpp from C', 'llama.cpp from C, 1 thread']);

/** Least median of ours with two threads / llama.cpp from C, with two threads or one, whichever is faster in that round. */
const AIMS = {
  S: { 'decode 1 stream': 1.6, 'decode 8 streams': 1.6, 'prefill 256': 1 },
  M: { 'decode 1 stream': 1.15, 'decode 8 streams': 1.3, 'prefill 256': 1 },
};

/** Whom each of our sides is compared with: the best of them, as small models can be slower with more threads. */
const PEERS_OF = {
  stemma: ['llama.cpp from C', 'llama.cpp from C, 1 thread'],
  'stemma, API': ['node-llama-cpp', 'node-llama-cpp, 1 thread'],
};

const version = installPeers();
const driver = levels.includes('library') ? buildDriver() : null;
const results = [];
try {
  for (const model of options.models.split(',')) {
    results.push(...(await measureModel(model)));
    printTable(results.filter((row) => row.model === model));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${cpus()[0].model.trim()} x ${cpus().length}`;
console.log(
  JSON.stringify({
    machine,
    node: process.version,
    peer: `node-llama-cpp ${version}`,
    threads,
    realtime,
    results,
  }),
);
const held = threads === '2' && driver !== null ? results.filter(holdToAim).length : 0;
if (held === 0)
  fail('nothing was held to an aim: they are for S and M at the library level with two threads');

async function measureModel(name) {
  const target = join(folder, name);
  if (name === 'genesis') {
    run('release-folder.mjs', fileURLToPath(new URL('../../models/genesis', import.meta.url)), 'q8', target);
  } else run('model-folder.mjs', name, target);
  const rows = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    const sides = await startSides(target);
    try {
      for (const row of await measureRound(name, round, sides)) {
        const known = rows.find(
          ({ measurement, side }) => measurement === row.measurement && side === row.side,
        );
        if (known) known.rounds.push(...row.rounds);
        else rows.push(row);
      }
    } finally {
      for (const side of sides) await side.stop();
    }
  }
  rmSync(target, { recursive: true });
  return rows;
}

/** New processes for every round: how much of the memory's speed a process gets depends on where its pages lie, and stays so while it lives. */
async function startSides(target) {
  const gguf = join(target, 'model.gguf');
  const sides = [];
  const node = (label, file, ...args) => Side.start(label, process.execPath, [script(file), ...args]);
  if (driver !== null) {
    sides.push(await node('stemma', 'engine-side.mjs', target, threads, 'library'));
    sides.push(await Side.start('llama.cpp from C', driver, [gguf, threads, libraryFolder()]));
    sides.push(await Side.start('llama.cpp from C, 1 thread', driver, [gguf, '1', libraryFolder()]));
  }
  if (levels.includes('api')) {
    sides.push(await node('stemma, API', 'engine-side.mjs', target, threads, 'api'));
    sides.push(await node('node-llama-cpp', 'node-llama-side.mjs', gguf, threads));
    sides.push(await node('node-llama-cpp, 1 thread', 'node-llama-side.mjs', gguf, '1'));
  }
  return sides;
}

/** Every side in turn for each measurement, small models several times; what is measured first, to warm up, does not count. */
async function measureRound(model, round, sides) {
  const rows = [];
  const [repeats, steps] = model === 'M' ? [1, 32] : [4, 64];
  for (let turn = 0; turn <= WARM_UP; turn++) {
    for (const { name, line, tokens } of MEASUREMENTS) {
      for (const side of sides) {
        const alone = realtime && LIBRARY.has(side.name);
        const ns = [];
        for (let i = 0; i < repeats; i++) {
          const seed = (round * (WARM_UP + 1) + turn) * repeats + i;
          ns.push(...(await ask(side, line(seed, steps), alone)).ns);
        }
        const rate = (tokens * ns.length) / (ns.reduce((sum, step) => sum + step, 0) / 1e9);
        if (turn === WARM_UP) rows.push({ model, measurement: name, side: side.name, rounds: [rate] });
      }
    }
  }
  return rows;
}

function run(file, ...args) {
  execFileSync(process.execPath, [script(file), ...args], { stdio: ['ignore', 2, 2] });
}

/** Tokens per second, and per round what they are times the best peer's. */
function printTable(rows) {
  const lines = rows.map((row) => {
    const ratios = ratiosOf(row, rows);
    return {
      ...{ model: row.model, measurement: row.measurement, side: row.side },
      'tokens/s median': spread(row.rounds)[1].toFixed(0),
      ...(ratios && {
        'ratio min/median/max': spread(ratios)
          .map((ratio) => ratio.toFixed(2))
          .join(' / '),
      }),
    };
  });
  console.table(lines);
}

/** What a side's tokens per second are times those of its best peer, round by round; null where it has no peer. */
function ratiosOf(row, rows) {
  const peers = rows.filter(
    ({ model, measurement, side }) =>
      model === row.model && measurement === row.measurement && PEERS_OF[row.side]?.includes(side),
  );
  if (peers.length === 0) return null;
  return row.rounds.map((rate, i) => rate / Math.max(...peers.map(({ rounds }) => rounds[i])));
}

/** Whether there is an aim for it. */
function holdToAim(row) {
  const aim = row.side === 'stemma' ? AIMS[row.model]?.[row.measurement] : undefined;
  const ratios = ratiosOf(row, results);
  if (aim === undefined || ratios === null) return false;
  expectFigure(`ratio to llama.cpp, ${row.model}, ${row.measurement}`, spread(ratios)[1], { least: aim });
  return true;
}

function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
}
