// node bench/peers/golden.mjs [checkpoint with reference.json ...]: exports checkpoints of all families (all of test/vectors/golden where
// none are named) to GGUF and compares what llama.cpp's library computes from the files with the reference and with ours: unquantised
// logits and greedy ids, and the cosine of 8-bit logits. Where checkpoints are not named, gpt-oss and Qwen3-MoE follow with windows and
// YaRN as no golden checkpoint has them. Where llama.cpp rounds the range of YaRN, ours is asked with the same rounding.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectFigure, fail } from '../aims.mjs';
import { buildDriver, installPeers, libraryFolder } from './install.mjs';
import { Side } from './side.mjs';

const GOLDEN = 'test/vectors/golden';
const YARN = { rope_type: 'yarn', beta_fast: 32, beta_slow: 1 };
/** Configurations that no golden checkpoint has, on the weights of one. */
const VARIANTS = [
  {
    ...{ name: 'gpt_oss, windows in other layers', from: 'gpt_oss-a' },
    layer_types: ['full_attention', 'sliding_attention', 'sliding_attention'],
  },
  {
    ...{ name: 'gpt_oss, windows in all layers', from: 'gpt_oss-a' },
    layer_types: Array(3).fill('sliding_attention'),
  },
  {
    ...{ name: 'gpt_oss, no YaRN', from: 'gpt_oss-a' },
    ...{ rope_scaling: null, initial_context_length: null },
  },
  {
    ...{ name: 'qwen3_moe, YaRN', from: 'qwen3_moe-a' },
    rope_scaling: { ...YARN, factor: 4, original_max_position_embeddings: 1024 },
  },
  {
    ...{ name: 'qwen3_moe, YaRN with a factor of attention', from: 'qwen3_moe-a' },
    rope_scaling: { ...YARN, factor: 4, original_max_position_embeddings: 1024, attention_factor: 0.7 },
  },
];
/** Unquantised logits: to the float64 reference, and to ours. */
const [TO_REFERENCE, TO_OURS] = [2e-3, 1e-4];
const COSINE = 0.999;

const named = process.argv.slice(2);
const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'stemma-golden-gguf-'));
installPeers();
const driver = buildDriver();
if (driver === null) process.exit(1);
const figures = {};
try {
  const all = readdirSync(GOLDEN).map((name) => join(GOLDEN, name));
  for (const checkpoint of named.length > 0 ? named : all) {
    for (const dtype of ['f32', 'q8']) await judge(basename(checkpoint), checkpoint, dtype);
  }
  for (const variant of named.length > 0 ? [] : VARIANTS) await judgeVariant(variant);
} finally {
  rmSync(scratch, { recursive: true });
}
console.log(JSON.stringify(figures));

/** A checkpoint against its reference. */
async function judge(name, checkpoint, dtype) {
  const { input_ids, logits, greedy } = JSON.parse(readFileSync(join(checkpoint, 'reference.json'), 'utf8'));
  const { theirs, ours, rounded } = await compute(
    ...[checkpoint, dtype, input_ids.map((ids, i) => [...ids, ...greedy[i].slice(0, -1)])],
  );
  const label = `${name} ${dtype}${rounded ? ', range of YaRN rounded' : ''}`;
  const beginnings = theirs.map((rows, i) => rows.slice(0, logits[i].length));
  const found = {
    toReference: largest(beginnings, logits, difference),
    toOurs: largest(theirs, ours, difference),
    cosine: -largest(beginnings, logits, (a, b) => -cosine(a, b)),
    greedy: theirs.every((rows, i) =>
      greedy[i].every((id, step) => likeliest(rows[input_ids[i].length - 1 + step]) === id),
    ),
  };
  say(label, found);
  expectFigure(`${label}: cosine to the reference`, found.cosine, { least: COSINE });
  if (dtype !== 'f32') return;
  if (!found.greedy) fail(`${label}: other greedy ids than the reference`);
  expectFigure(`${label}: difference to ours`, found.toOurs, { most: TO_OURS });
  if (!rounded)
    expectFigure(`${label}: difference to the reference`, found.toReference, { most: TO_REFERENCE });
}

/** A changed configuration, ours against theirs. */
async function judgeVariant({ name, from, ...changes }) {
  const checkpoint = join(scratch, 'variant');
  cpSync(join(GOLDEN, from), checkpoint, { recursive: true });
  const config = JSON.parse(readFileSync(join(checkpoint, 'config.json'), 'utf8'));
  writeFileSync(join(checkpoint, 'config.json'), JSON.stringify({ ...config, ...changes }));
  const { input_ids } = JSON.parse(readFileSync(join(checkpoint, 'reference.json'), 'utf8'));
  const { theirs, ours } = await compute(checkpoint, 'f32', input_ids);
  rmSync(checkpoint, { recursive: true });
  const found = { toOurs: largest(theirs, ours, difference) };
  say(name, found);
  expectFigure(`${name}: difference to ours`, found.toOurs, { most: TO_OURS });
}

/** Logits of both sides for each list of ids. */
async function compute(checkpoint, dtype, prompts) {
  const folder = mkdtempSync(join(scratch, 'release-'));
  execFileSync(process.execPath, [script('release-folder.mjs'), checkpoint, dtype, folder]);
  const rounded = roundRange(folder);
  const library = ['1', libraryFolder(), 'f32'];
  const theirs = await Side.start('llama.cpp', driver, [join(folder, 'model.gguf'), ...library]);
  const ours = await Side.start('stemma', process.execPath, [
    script('engine-side.mjs'),
    rounded ?? folder,
    '1',
  ]);
  try {
    const answers = { theirs: [], ours: [], rounded: rounded !== null };
    for (const ids of prompts) {
      answers.theirs.push((await theirs.ask(`logits ${ids.join(' ')}`)).logits);
      answers.ours.push((await ours.ask(`logits ${ids.join(' ')}`)).logits);
    }
    return answers;
  } finally {
    await Promise.all([theirs.stop(), ours.stop()]);
    rmSync(folder, { recursive: true });
  }
}

/** A folder beside our blocks that says the model with llama.cpp's rounding of YaRN's range; null where it rounds nothing. */
function roundRange(folder) {
  const model = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const yarn = model.config.architecture?.yarn;
  if (yarn?.truncate !== false) return null;
  yarn.truncate = true;
  for (const block of model.blocks) block.path = join('..', block.path);
  mkdirSync(join(folder, 'rounded'));
  writeFileSync(join(folder, 'rounded', 'model.json'), JSON.stringify(model));
  return join(folder, 'rounded');
}

function say(label, found) {
  figures[label] = found;
  const shown = Object.entries(found).map(([key, value]) =>
    typeof value === 'boolean'
      ? `${key} ${value}`
      : `${key} ${value > 0.5 ? value.toFixed(6) : value.toExponential(2)}`,
  );
  console.log(`${label}: ${shown.join(', ')}`);
}

/** The largest value of a measure over all prompts and positions. */
function largest(a, b, measure) {
  return Math.max(...a.map((rows, i) => Math.max(...rows.map((row, j) => measure(row, b[i][j])))));
}

function difference(a, b) {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function likeliest(row) {
  return row.indexOf(Math.max(...row));
}
