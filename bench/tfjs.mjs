// node bench/tfjs.mjs [checkpoint, or folder of them] [--backends wasm,cpu] [--shape M] [--batches 1,8,64]
// The fast lane against the exact one: every checkpoint with a reference.json, of any family, is imported as f32 and its logits are
// computed by the kernel and by TensorFlow.js on each backend, each in its own thread; the limit is a relative error of 1e-3 (the
// largest difference over the largest magnitude). Greedy ids have to be the reference's, by these logits and in answers to all prompts at
// once. Then tokens per second of a shape with random weights, by batch.
// `--no-golden` and `--no-speed` leave one half out; `--prompts 1` takes one prompt of each checkpoint, `--answer 2` two tokens of
// the answers, `--answer 0` none. `--swiftshader` lets the backend webgpu find Chromium's Vulkan driver in software.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { unwrap } from '../dist/src/common/index.js';
import { nativeSha256Hex } from '../dist/src/common/native-hash.js';
import { openCheckpoint } from '../dist/src/experts/import/checkpoint.js';
import { BlockEncoding, EncodingBuffers } from '../dist/src/experts/import/encode-block.js';
import { Engine } from '../dist/src/inference/kernel/index.js';
import { startFastEngine } from '../dist/src/inference/tfjs/index.js';
import { SHAPES, writeModel } from './engine/shapes.mjs';
import { swiftShaderEnvironment } from './swiftshader.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    backends: { type: 'string', default: 'wasm,cpu' },
    shape: { type: 'string', default: 'M' },
    batches: { type: 'string', default: '1,8,64' },
    tokens: { type: 'string', default: '16' },
    golden: { type: 'boolean', default: true },
    speed: { type: 'boolean', default: true },
    prompts: { type: 'string', default: 'Infinity' },
    answer: { type: 'string', default: 'Infinity' },
    swiftshader: { type: 'boolean', default: false },
  },
});
if (options.swiftshader) {
  const words = process.argv.slice(1).filter((word) => word !== '--swiftshader');
  const settings = { env: swiftShaderEnvironment(), stdio: 'inherit' };
  process.exit(spawnSync(process.execPath, words, settings).status ?? 1);
}
const source = resolve(positionals[0] ?? new URL('../test/vectors/golden', import.meta.url).pathname);
const backends = options.backends.split(',');
const LIMIT = 1e-3;
const GREEDY = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, seed: 1 },
  ...{ repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
};
const scratch = mkdtempSync(join(tmpdir(), 'stemma-tfjs-'));
const figures = { parity: {}, speed: {} };
let failed = false;
try {
  const models = options.golden ? await importAll() : [];
  if (options.golden && models.length === 0) throw new Error(`no checkpoint with a reference in ${source}`);
  const exact = models.length === 0 ? [] : await exactLogits(models);
  const shape = options.speed ? writeModel(options.shape, join(scratch, 'shape')) : null;
  for (const backend of backends) {
    const engine = await startFastEngine({ backend, limits: limitsOf(shape) });
    engine.on('crashed', (detail) => console.log(`crashed: ${detail}`));
    console.log(`${engine.lane.backend}: ${engine.lane.device}`);
    for (const [i, model] of models.entries()) await compare(engine, model, exact[i]);
    if (shape !== null) await measure(engine, shape);
    await engine.stop();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(JSON.stringify(figures));
process.exit(failed ? 1 : 0);

/** Room for all experts as float32, and for the keys and values of all streams. */
function limitsOf(shape) {
  const { layers, experts, hiddenSize, expertHiddenSize } = shape?.config ?? SHAPES.G;
  const expertCacheBytes = layers * experts * 3 * hiddenSize * expertHiddenSize * 4 + 2 ** 20;
  return { expertCacheBytes: Math.max(expertCacheBytes, 2 ** 28), kvCacheBytes: 2 ** 30, maxStreams: 64 };
}

/** Every checkpoint with a reference, as files of blocks. */
async function importAll() {
  const folders = [source, ...readdirSync(source).map((name) => join(source, name))];
  const models = [];
  for (const folder of folders.filter((each) => existsSync(join(each, 'reference.json'))))
    models.push({ name: basename(folder), ...(await importOne(folder)) });
  return models;
}

async function importOne(folder) {
  const checkpoint = unwrap(await openCheckpoint(folder));
  const buffers = new EncodingBuffers();
  const blocks = [];
  for (const planned of checkpoint.blocks) {
    const chunks = [];
    const encoding = new BlockEncoding(checkpoint.source, planned, 'f32', buffers, () => undefined);
    for await (const chunk of encoding) chunks.push(Uint8Array.from(chunk));
    if (encoding.refusal !== null) throw encoding.refusal;
    const payload = Buffer.concat(chunks);
    const hash = nativeSha256Hex(payload);
    const path = join(scratch, hash);
    writeFileSync(path, payload);
    const { tensors } = encoding;
    const { name } = planned;
    blocks.push({ name, block: hash, payloadHash: hash, payloadSize: payload.length, path, tensors });
  }
  await checkpoint.source.close();
  const release = nativeSha256Hex(Buffer.from(blocks.map(({ block }) => block).join()));
  return { model: { release, config: checkpoint.config, blocks }, reference: referenceOf(folder) };
}

function referenceOf(folder) {
  const whole = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
  const [input_ids, greedy, logits] = [whole.input_ids, whole.greedy, whole.logits].map((each) =>
    each.slice(0, Number(options.prompts)),
  );
  return { input_ids, greedy, logits };
}

async function exactLogits(models) {
  const kernelPath = new URL('../dist/kernel/kernel.wasm', import.meta.url).pathname;
  const limits = { expertCacheBytes: 2 ** 28, kvCacheBytes: 2 ** 26, maxStreams: 4 };
  const engine = await Engine.start({ threads: 1, kernelPath, ...limits });
  const all = [];
  for (const { model, reference } of models) all.push(await logitsOf(engine, model, reference));
  await engine.stop();
  return all;
}

/** The logits of every prompt followed by its greedy answer. */
async function logitsOf(engine, model, { input_ids: prompts, greedy }) {
  unwrap(await engine.load(model));
  const { release } = model;
  const all = [];
  for (const [i, prompt] of prompts.entries()) {
    all.push(unwrap(await engine.logits({ release, ids: [...prompt, ...greedy[i].slice(0, -1)] })));
  }
  await engine.unload(release);
  return all;
}

/** The greedy answers to all prompts, token by token and at the same time. */
async function answersOf(engine, model, prompts, expected) {
  unwrap(await engine.load(model));
  const { release } = model;
  const answers = prompts.map((promptIds, i) => {
    const request = { release, promptIds, maxTokens: expected[i].length, stopIds: [], sampling: GREEDY };
    return engine.generate(request, () => undefined).done;
  });
  const all = [];
  for (const answer of answers) all.push(unwrap(await answer).tokens);
  await engine.unload(release);
  return all;
}

async function compare(engine, { name, model, reference }, exact) {
  const found = await logitsOf(engine, model, reference);
  const toExact = relativeError(found, exact);
  const toReference = relativeError(found, reference.logits);
  const computed = reference.input_ids.map((prompt, i) =>
    found[i].slice(prompt.length - 1).map((logits) => argmax(logits)),
  );
  const expected = reference.greedy.map((ids) => ids.slice(0, Number(options.answer)));
  const answers =
    options.answer === '0' ? expected : await answersOf(engine, model, reference.input_ids, expected);
  const greedy = isDeepStrictEqual([computed, answers], [reference.greedy, expected]);
  const good = toExact <= LIMIT && greedy;
  failed ||= !good;
  figures.parity[`${name} ${engine.lane.backend}`] = { toExact, toReference, greedy };
  console.log(
    `${good ? 'ok  ' : 'FAIL'} ${name}: relative error ${toExact.toExponential(1)} (exact lane), ${toReference.toExponential(1)} (reference), greedy ids ${greedy ? 'equal' : 'differ'}`,
  );
}

function relativeError(found, expected) {
  let [difference, magnitude] = [0, 0];
  expected.forEach((rows, i) =>
    rows.forEach((row, position) =>
      row.forEach((value, id) => {
        difference = Math.max(difference, Math.abs(value - found[i][position][id]));
        magnitude = Math.max(magnitude, Math.abs(value));
      }),
    ),
  );
  return Number.isFinite(difference) ? difference / magnitude : Infinity;
}

function argmax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

/** Tokens per second of all streams together, from when the last of them has its first token. */
async function measure(engine, model) {
  unwrap(await engine.load(model));
  for (const batch of options.batches.split(',').map(Number)) {
    await decode(engine, model, batch, 4); // experts come into memory
    const speed = await decode(engine, model, batch, Number(options.tokens));
    figures.speed[`${options.shape} ${engine.lane.backend} ${batch}`] = speed;
    console.log(`     shape ${options.shape}, ${batch} streams: ${speed.toFixed(1)} tokens/s`);
  }
  await engine.unload(model.release);
}

async function decode(engine, { release, config }, batch, maxTokens) {
  let [begun, counted, started] = [0, 0, 0];
  const on = (event) => {
    if (event.type !== 'token') return;
    if (begun === batch) counted++;
    else if (event.index === 0 && ++begun === batch) started = performance.now();
  };
  const streams = Array.from({ length: batch }, (_, i) => {
    const promptIds = Array.from({ length: 8 }, (_, k) => (k * 131 + i * 17 + 5) % config.vocabSize);
    return engine.generate({ release, promptIds, maxTokens, stopIds: [], sampling: GREEDY }, on).done;
  });
  for (const stream of streams) unwrap(await stream);
  return (counted * 1000) / (performance.now() - started);
}
