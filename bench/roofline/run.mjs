// How far the engine is from the machine's limits, per phase: read bandwidth and multiply-adds per second.
// node bench/roofline/run.mjs [--shapes S,M] [--threads 2] [--rounds 5] [--realtime]
// `--realtime` (Linux, root): under SCHED_RR, for a machine that others use too.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeModel } from '../engine/shapes.mjs';
import { measureBandwidth } from './bandwidth.mjs';
import { measureComputing, measurePeaks } from './peaks.mjs';
import { measurePhases } from './phases.mjs';

const { values: options } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'S,M' },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '5' },
    realtime: { type: 'boolean', default: false },
  },
});
if (options.realtime) execFileSync('chrt', ['-a', '-r', '-p', '10', String(process.pid)]);
const threads = Number(options.threads);
const bandwidth = await measureBandwidth(threads);
const computing = await measureComputing();
const peaks = measurePeaks();
const giga = (value) => (value === null ? 'no compiler' : (value / 1e9).toFixed(1));
console.table([
  {
    limit: 'read, WebAssembly',
    unit: 'GB/s',
    '1 thread': giga(bandwidth.wasm1),
    [`${threads} threads`]: giga(bandwidth.wasm),
  },
  {
    limit: 'read, C',
    unit: 'GB/s',
    '1 thread': giga(bandwidth.c1),
    [`${threads} threads`]: giga(bandwidth.c),
  },
  { limit: 'multiply, WebAssembly', unit: 'GMAC/s', '1 thread': giga(computing.wasm) },
  { limit: 'multiply, WebAssembly, relaxed', unit: 'GMAC/s', '1 thread': giga(computing.relaxed) },
  { limit: 'multiply, C', unit: 'GMAC/s', '1 thread': giga(computing.c) },
  ...Object.entries(peaks).map(([name, value]) => ({
    ...{ limit: `kernel ${name.replace('x', ', rows: ')}`, unit: 'GMAC/s', '1 thread': giga(value) },
  })),
]);

/** The nearer limit of a phase: what its bytes and multiplications would take at full speed. */
function shareOfLimit({ seconds, bytes, macs }) {
  const [reading, multiplying] = [bytes / bandwidth.wasm, macs / (computing.most * threads)];
  return {
    share: Math.max(reading, multiplying) / seconds,
    by: reading > multiplying ? 'reading' : 'computing',
  };
}

const results = [];
const folder = mkdtempSync(join(tmpdir(), 'stemma-roofline-'));
try {
  for (const shape of options.shapes.split(',')) {
    const model = writeModel(shape, join(folder, shape));
    const runs = await measurePhases(model, threads, Number(options.rounds));
    for (const [work, phases] of Object.entries(runs)) {
      const all = Object.values(phases).reduce((sum, { seconds }) => sum + seconds, 0);
      for (const [phase, figures] of Object.entries(phases)) {
        if (figures.macs === 0) continue;
        results.push({
          shape,
          work,
          phase,
          ...figures,
          part: figures.seconds / all,
          ...shareOfLimit(figures),
        });
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.table(
  results.map(({ shape, work, phase, seconds, bytes, macs, part, share, by }) => ({
    ...{ shape, work, phase, 'of the time': `${(part * 100).toFixed(0)} %` },
    ...{ 'GB/s': giga(bytes / seconds), 'GMAC/s': giga(macs / seconds) },
    'of the limit': `${(share * 100).toFixed(0)} % (${by})`,
  })),
);
const machine = `${cpus()[0].model.trim()} x ${cpus().length}`;
console.log(
  JSON.stringify({ machine, node: process.version, threads, bandwidth, computing, peaks, results }),
);
process.exit(0);
