// node bench/golden.mjs [folder of checkpoints] [--activations 7]: imports every checkpoint with a reference.json, of any family (the nine of
// test/vectors/golden where none are named), through the command line, exactly and in 8 bit, and compares `stemma logits` with the
// reference. Fails beyond the limits: 2e-3, equal greedy ids, cosine 0.999. With `--activations` only in 8 bit, by a kernel whose
// activations have so many bits: what formats cost that the kernel does not have.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runStemma } from './server.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { activations: { type: 'string' } },
});
const source = resolve(positionals[0] ?? new URL('../test/vectors/golden', import.meta.url).pathname);
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-golden-'));
const figures = {};
const dtypes = options.activations === undefined ? ['f32', 'q8'] : ['q8'];
let failed = false;
try {
  const open = options.activations === undefined ? openByCommand : await openWithActivations();
  for (const folder of readdirSync(source).filter((name) =>
    existsSync(join(source, name, 'reference.json')),
  )) {
    for (const dtype of dtypes)
      figures[`${folder} ${dtype}`] = compare(folder, dtype, await open(join(source, folder), dtype));
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
const compared = Object.keys(figures).length / dtypes.length;
console.log(`${compared} checkpoints in ${source}`);
console.log(JSON.stringify(figures));
process.exit(failed || compared === 0 ? 1 : 0);

/** Imports a checkpoint through the command line. Returns what asks for the logits of ids. */
function openByCommand(folder, dtype) {
  const name = `${basename(folder)}-${dtype}`.toLowerCase();
  stemma('import', folder, '--name', name, '--dtype', dtype);
  return (ids) => JSON.parse(stemma('logits', name, '--ids', ids.join(','))).logits;
}

async function openWithActivations() {
  const { logitsWithActivations } = await import('./activation-bits.mjs');
  return logitsWithActivations(Number(options.activations));
}

/** One checkpoint in one dtype against its reference. */
function compare(folder, dtype, logitsOf) {
  const reference = JSON.parse(readFileSync(join(source, folder, 'reference.json'), 'utf8'));
  let difference = 0;
  let cosine = 1;
  let [greedyEqual, top1, positions] = [true, 0, 0];
  reference.input_ids.forEach((prompt, i) => {
    const greedy = reference.greedy[i];
    const logits = logitsOf([...prompt, ...greedy.slice(0, -1)]);
    reference.logits[i].forEach((expected, position) => {
      positions++;
      difference = Math.max(difference, ...expected.map((value, j) => Math.abs(value - logits[position][j])));
      cosine = Math.min(cosine, cosineOf(expected, logits[position]));
      if (argmax(expected) === argmax(logits[position])) top1++;
    });
    greedyEqual &&= greedy.every((id, step) => argmax(logits[prompt.length - 1 + step]) === id);
  });
  const good = dtype === 'f32' ? difference <= 2e-3 && greedyEqual : cosine >= 0.999;
  failed ||= !good;
  const row = { maxDifference: difference, greedyEqual, minCosine: cosine, top1Agreement: top1 / positions };
  console.log(
    `${good ? 'ok  ' : 'FAIL'} ${folder} ${dtype}: max difference ${difference.toExponential(2)}, greedy ids ${greedyEqual ? 'equal' : 'differ'}, min cosine ${cosine.toFixed(6)}, top-1 ${row.top1Agreement.toFixed(3)}`,
  );
  return row;
}

function stemma(...args) {
  const done = runStemma(args, dataDir);
  if (done.code !== 0) throw new Error(`stemma ${args[0]} exits ${done.code}: ${done.stderr}`);
  return done.stdout;
}

function argmax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

function cosineOf(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    ab += x * b[i];
    aa += x * x;
    bb += b[i] * b[i];
  });
  return ab / Math.sqrt(aa * bb);
}
