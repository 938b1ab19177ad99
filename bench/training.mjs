// node bench/training.mjs [--steps 1000] [--rounds 7]
// Training, measured and repeated. First the matrix products of training beside TensorFlow.js (wasm, the best backend without native
// code; the native one too where it is installed), in interleaved rounds, and beside what a core can do: the kernel's innermost arithmetic
// and, where a C compiler is installed, floats in registers as wide as the processor has them.
// Then so many updates of a genesis-shaped model three times: on one thread, on one again, and on two. Ends with 1 where a hash is
// another one, a loss is none, or a product is no faster than TensorFlow.js's wasm.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nativeSha256 } from '../dist/src/common/native-hash.js';
import { describeBlocks } from '../dist/src/experts/tensorblock/model-blocks.js';
import { openBackend } from '../dist/src/inference/tfjs/backend.js';
import { ADAM_DEFAULTS } from '../dist/src/learning/trainer/adam.js';
import { compileTraining } from '../dist/src/learning/trainer/node/compile-training.js';
import { TrainingThreads } from '../dist/src/learning/trainer/node/training-threads.js';
import { Trainer } from '../dist/src/learning/trainer/trainer.js';
import { createTrainingMemory, TrainingKernel } from '../dist/src/learning/trainer/training-kernel.js';
import { reportFigure } from './aims.mjs';
import { SHAPES } from './engine/shapes.mjs';
import { measureFloats, measurePeaks } from './roofline/peaks.mjs';

const { values: options } = parseArgs({
  options: { steps: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '7' } },
});
const kernelPath = fileURLToPath(new URL('../dist/training/training.wasm', import.meta.url));
/** Rows, columns and depth of one expert's three products for 512 tokens; flags of `gemm` (1 = A transposed, 2 = B transposed). */
const PRODUCTS = [
  { name: 'forward', m: 512, n: 384, k: 192, flags: 2 },
  { name: 'gradient of the input', m: 512, n: 192, k: 384, flags: 0 },
  { name: 'gradient of the weights', m: 384, n: 192, k: 512, flags: 1 },
];
/** Every product has to be at least as fast. */
const LEAST_TIMES = 1;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Numbers between -1 and 1, the same ones each time. */
function values(count, seed) {
  let state = seed | 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 2 ** 30 - 1;
  });
}

/** Our products, on one thread as TensorFlow.js's wasm backend runs in Node. */
function ourSide() {
  const module = compileTraining(Uint8Array.from(readFileSync(kernelPath)));
  const kernel = TrainingKernel.create(module, createTrainingMemory(), 1, 512);
  const place = (numbers) => {
    const address = kernel.allocate(numbers.length * 4);
    kernel.floats(address, numbers.length).set(numbers);
    return address;
  };
  return {
    name: 'stemma',
    product: ({ m, n, k, flags }) => {
      const [a, b, c] = [place(values(m * k, 1)), place(values(n * k, 2)), kernel.allocate(m * n * 4)];
      const words = [a, flags & 1 ? m : k, b, flags & 2 ? k : n, c, n, m, n, k, flags];
      return () => kernel.execute('gemm', ...words);
    },
  };
}

async function tensorflowSide(name) {
  const opened = await openBackend(name);
  if (!opened.ok) return null;
  const { tf } = opened.value;
  return {
    name: `tfjs ${name}`,
    product: ({ m, n, k, flags }) => {
      const a = tf.tensor2d(values(m * k, 1), flags & 1 ? [k, m] : [m, k]);
      const b = tf.tensor2d(values(n * k, 2), flags & 2 ? [n, k] : [k, n]);
      return () => tf.matMul(a, b, (flags & 1) !== 0, (flags & 2) !== 0).dispose();
    },
  };
}

/** Multiply-adds per second of a side, of many repetitions for about 50 ms. */
function speed({ m, n, k }, run) {
  let times = 1;
  for (;;) {
    const started = performance.now();
    for (let i = 0; i < times; i++) run();
    const seconds = (performance.now() - started) / 1000;
    if (seconds > 0.05) return (m * n * k * times) / seconds / 1e9;
    times *= 2;
  }
}

async function compareProducts() {
  const installed = (name) => {
    try {
      createRequire(import.meta.url).resolve(`@tensorflow/tfjs-${name}/package.json`);
      return true;
    } catch {
      return false;
    }
  };
  const sides = [
    ourSide(),
    await tensorflowSide('wasm'),
    installed('node') ? await tensorflowSide('node') : null,
  ].filter(Boolean);
  const rows = [];
  for (const product of PRODUCTS) {
    const runs = sides.map((side) => ({ side, run: side.product(product), speeds: [] }));
    for (const { run } of runs) speed(product, run);
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const { run, speeds } of runs) speeds.push(speed(product, run));
    }
    for (const { side, speeds } of runs) {
      const ratios = runs[0].speeds.map((ours, i) => ours / speeds[i]);
      const { name } = product;
      rows.push({
        product: name,
        side: side.name,
        'GMAC/s': median(speeds),
        'ours / theirs': median(ratios),
      });
    }
  }
  return rows;
}

/** So many updates of one expert and its router in every layer of a model with random weights; the last hash and the time. */
async function train(threads, steps) {
  const config = { ...SHAPES.G, vocabSize: 512 };
  const group = TrainingThreads.start({ kernelPath, threads, longest: 64 });
  const sizes = new Map(
    describeBlocks(config).flatMap(({ name, tensors }) =>
      tensors.map((tensor) => [`${name}/${tensor.name}`, tensor]),
    ),
  );
  const valuesOf = (block, name) => {
    const { rows, columns, use } = sizes.get(`${block}/${name}`);
    const numbers = values(
      rows * columns,
      block.length * 131 + name.length * 17 + Number(block.replace(/\D/g, '')),
    );
    return numbers.map((x) => (use === 'vector' && name === 'norm' ? 1 + x / 10 : x / Math.sqrt(columns)));
  };
  const examples = Array.from({ length: 64 }, (_, e) => ({
    ids: Array.from({ length: 24 + (e % 9) }, (_, i) => (e * 17 + i * (1 + (e % 5))) % config.vocabSize),
    firstTarget: 1,
  }));
  const plan = {
    blocks: Array.from({ length: config.layers }, (_, layer) => `layer${layer}.expert${layer}`),
    ...{ seed: 'bench', batchTokens: 128, microBatchTokens: 256, balance: 0, adam: ADAM_DEFAULTS },
    schedule: { peak: 1e-3, floor: 0.05, warmUp: 50, steps },
  };
  const parts = { kernel: group.kernel, config, valuesOf, sha256: nativeSha256, prefixBytes: 1 << 28 };
  try {
    const trainer = new Trainer(parts, plan, examples);
    const started = performance.now();
    let report;
    for (let step = 0; step < steps; step++) {
      report = trainer.step();
      if (!report.ok) throw report.error;
      if (process.stderr.isTTY && step % 20 === 0)
        process.stderr.write(`\r${threads} thread(s): ${step} of ${steps}`);
    }
    return {
      threads,
      hash: report.value.hash,
      loss: report.value.loss,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await group.stop();
  }
}

const products = await compareProducts();
const floats = measureFloats();
const peak = measurePeaks().f32x16 / 1e9;
const core = floats === null ? null : floats / 1e9;
const ofCore = (speed) => (core === null ? 'no compiler' : `${((100 * speed) / core).toFixed(0)} %`);
console.table(
  products.map((row) => ({
    ...row,
    'GMAC/s': row['GMAC/s'].toFixed(1),
    'ours / theirs': row['ours / theirs'].toFixed(1),
    'of the core': ofCore(row['GMAC/s']),
  })),
);
console.log(
  `one core: floats in registers ${core === null ? '(no compiler installed)' : `${core.toFixed(1)} GMAC/s`}, the inference kernel's float loop over data in the first cache ${peak.toFixed(1)} GMAC/s`,
);
const steps = Number(options.steps);
const trainings = [await train(1, steps), await train(1, steps), await train(2, steps)];
console.table(
  trainings.map(({ hash, ...rest }) => ({
    ...rest,
    seconds: rest.seconds.toFixed(1),
    hash: hash.slice(0, 16),
  })),
);
const hashes = new Set(trainings.map(({ hash }) => hash)).size;
const show = (times) => `${times.toFixed(1)}x`;
for (const { name } of PRODUCTS) {
  // Without that backend there is no figure, which misses the aim.
  const row = products.find(({ product, side }) => product === name && side === 'tfjs wasm');
  const times = row === undefined ? Number.NaN : row['ours / theirs'];
  reportFigure(`${name}, speed of TensorFlow.js's wasm`, times, { least: LEAST_TIMES, show });
}
const lost = trainings.filter(({ loss }) => !Number.isFinite(loss)).length;
reportFigure(`different hashes of ${steps} updates on one thread, on one again, and on two`, hashes, {
  most: 1,
});
reportFigure('trainings whose loss is no number', lost, { most: 0 });
console.log(JSON.stringify({ products, peak, core, steps, trainings, same: hashes === 1 }));
process.exit(process.exitCode ?? 0);
