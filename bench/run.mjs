// npm run bench [-- name…]: runs the benchmarks one after another and writes bench/results/<date>-<commit>.json.
// npm run bench -- --peers | --roofline: those that install something or take long; written beside under their own name.
// Everything behind `--` is handed to the benchmarks: npm run bench -- --peers -- --models S
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** name → script beside this file; each prints a table for people and, as its last line, one JSON object of figures; it exits with 1 when an aim is missed. */
const BENCHMARKS = {
  engine: 'engine/run.mjs',
  constrained: 'engine/constrained.mjs',
  schemas: 'engine/schemas.mjs',
  speculation: 'engine/speculation.mjs',
  chain: 'chain/run.mjs',
  api: 'api/run.mjs',
  startup: 'startup.mjs',
  'expert-cache': 'expert-cache.mjs',
};

/** Only when asked for by their flag. */
const ON_REQUEST = {
  '--peers': 'peers/run.mjs',
  '--roofline': 'roofline/run.mjs',
  // Fills disks, stops processes, needs root: nothing for every day.
  '--faults': 'faults.mjs',
  '--faults-load': 'faults-load.mjs',
};
const ALL = { ...BENCHMARKS, ...ON_REQUEST };

const words = process.argv.slice(2);
const handed = words.includes('--') ? words.splice(words.indexOf('--')).slice(1) : [];
const wanted = words.length > 0 ? words : Object.keys(BENCHMARKS);
const unknown = wanted.filter((name) => !(name in ALL));
if (unknown.length > 0) {
  console.error(`unknown benchmark ${unknown.join(', ')}; there are: ${Object.keys(ALL).join(', ')}`);
  process.exit(2);
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const report = {
  at: new Date().toISOString(),
  commit,
  node: process.version,
  machine: { cpu: cpus()[0].model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) },
  results: {},
};
let failed = false;
for (const flag of wanted) {
  const name = flag.replace('--', '');
  console.log(`\n# ${name}`);
  const { code, last } = await run(fileURLToPath(new URL(ALL[flag], import.meta.url)));
  report.results[name] = { ...figuresIn(last), ...(code === 0 ? {} : { failed: `exit code ${code}` }) };
  failed ||= code !== 0;
}
const folder = new URL('results/', import.meta.url);
mkdirSync(folder, { recursive: true });
const asked = wanted.filter((name) => name in ON_REQUEST).map((name) => name.replace('--', '-'));
const fileName = `${report.at.slice(0, 10)}-${commit}${asked.join('')}.json`;
const file = new URL(fileName, folder);
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\nwritten: bench/results/${fileName}`);
process.exit(failed ? 1 : 0);

/** The figures of a benchmark; none where it ended before it had any. */
function figuresIn(line) {
  return line.startsWith('{') ? JSON.parse(line) : {};
}

/** Runs one benchmark, passing its output through; resolves with its exit code and last line. */
function run(script) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...handed], { stdio: ['ignore', 'pipe', 'inherit'] });
    let tail = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      tail = (tail + text).slice(-65536);
    });
    child.on('close', (code) => resolve({ code, last: tail.trimEnd().split('\n').at(-1) ?? '{}' }));
  });
}
