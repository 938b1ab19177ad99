// node bench/golden.mjs [folder of checkpoints]: imports every checkpoint with a reference.json, of any family (the nine of
// test/vectors/golden where none are named), through the command line, exactly and in 8 bit, and compares `stemma logits` with the
// reference. Fails beyond the limits: 2e-3, equal greedy ids, cosine 0.999.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runStemma } from './server.mjs';

const source = resolve(process.argv[2] ?? new URL('../test/vectors/golden', import.meta.url).pathname);
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-golden-'));
const figures = {};
let failed = false;
try {
  for (const folder of readdirSync(source).filter((name) =>
    existsSync(join(source, name, 'reference.json')),
  )) {
    for (const dtype of ['f32', 'q8']) figures[`${folder} ${dtype}`] = compare(folder, dtype);
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
const compared = Object.keys(figures).length / 2;
console.log(`${compared} checkpoints in ${source}`);
console.log(JSON.stringify(figures));
process.exit(failed || compared === 0 ? 1 : 0);

/** One checkpoint in one dtype against its reference. */
function compare(folder, dtype) {
  const reference = JSON.parse(readFileSync(join(source, folder, 'reference.json'), 'utf8'));
  const name = `${folder}-${dtype}`.toLowerCase();
  stemma('import', join(source, folder), '--name', name, '--dtype', dtype);
  let difference = 0;
  let cosine = 1;
  let [greedyEqual, top1, positions] = [true, 0, 0];
  reference.input_ids.forEach((prompt, i) => {
    const greedy = reference.greedy[i];
    const { logits } = JSON.parse(
      stemma('logits', name, '--ids', [...prompt, ...greedy.slice(0, -1)].join(',')),
    );
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
    `${good ? 'ok  ' : 'FAIL'} ${name}: max difference ${difference.toExponential(2)}, greedy ids ${greedyEqual ? 'equal' : 'differ'}, min cosine ${cosine.toFixed(6)}, top-1 ${row.top1Agreement.toFixed(3)}`,
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
