// How often the evaluation accepts candidates that learnt nothing: the parent again, with noise, scaled, or with parts exchanged.
// node bench/learning/false-acceptance.mjs [candidates] [share of the usual examples] [--json]. It measures as the server does, with up
// to eight times as many examples of domains that are in doubt. The pre-filter and claimed domains are left out: they would only refuse
// more. Fewer examples make chance greater, so that what is accepted then is more than usual.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockReader } from '../../dist/src/chain/index.js';
import { withOwnApplication } from '../../dist/src/cli/own-application.js';
import { loadConfig } from '../../dist/src/cli/settings.js';
import { unwrap } from '../../dist/src/common/index.js';
import { Random } from '../../dist/src/datasets/index.js';
import { ParameterIndex } from '../../dist/src/experts/index.js';
import { encodeTensorBlock, TensorBlock } from '../../dist/src/experts/tensorblock/index.js';
import { EngineHost, ModelCatalog, TextMeter } from '../../dist/src/inference/index.js';
import { ACCEPTANCE_RULES, reasonsAgainst } from '../../dist/src/learning/evaluation/acceptance.js';
import { candidateModel } from '../../dist/src/learning/evaluation/candidate-model.js';
import { compareLosses } from '../../dist/src/learning/evaluation/compare-losses.js';
import { EVALUATION_DRAWS } from '../../dist/src/learning/evaluation/example-source.js';
import { generatedSupply } from '../../dist/src/learning/evaluation/example-supply.js';
import { measureUntilClear } from '../../dist/src/learning/evaluation/measure-until-clear.js';
import { ExampleEncoder } from '../../dist/src/learning/index.js';
import { expectFigure } from '../aims.mjs';
import { startServer } from '../server.mjs';

const [count = '200', share = '1'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
/** Candidates that are judged by the same examples, for which the base is asked once. */
const PER_BEACON = 10;
/** How long all of it may take, ms. */
const DEADLINE_MS = 6 * 3_600_000;
/** The share that may be accepted. */
const MOST_ACCEPTED = 0.05;
const Z = 1.959963984540054;
const DRAWS = Object.fromEntries(
  Object.entries(EVALUATION_DRAWS).map(([domain, draws]) => [domain, Math.ceil(draws * Number(share))]),
);

async function measure(application) {
  const index = application.get(ParameterIndex);
  const reader = application.get(BlockReader);
  const meter = application.get(TextMeter);
  const host = application.get(EngineHost);
  const live = await index.live('genesis');
  const base = unwrap(await application.get(ModelCatalog).release(live.release));
  const encoder = unwrap(ExampleEncoder.create(unwrap(await index.tokenizer(live))));
  const experts = [...live.weights.values()].filter(({ type }) => type === 'expert');
  const rows = [];
  const signal = AbortSignal.timeout(DEADLINE_MS);
  let [beacon, score] = ['', null];
  const began = performance.now();
  for (let i = 0; i < Number(count); i++) {
    const random = new Random(`candidate ${i}`);
    const weight = random.pick(experts);
    const [kind, change] = random.pick(KINDS);
    const block = encode(unwrap(await reader.payload(weight.block)), weight, change(random));
    const path = join(folder, `${i}.tensorblock`);
    writeFileSync(path, block.payload);
    const hash = createHash('sha256').update(block.payload).digest('hex');
    const candidate = candidateModel(base, [
      {
        name: weight.name,
        hash,
        payloadHash: hash,
        payloadSize: block.payload.length,
        path,
        tensors: block.tensors,
      },
    ]);
    if (i % PER_BEACON === 0) {
      beacon = createHash('sha256')
        .update(`beacon ${i / PER_BEACON}`)
        .digest('hex');
      score = scoringOf(meter, base);
    }
    const comparison = { base, candidate, encoder, signal, progress: () => undefined };
    const compare = (examples) => compareLosses(score, comparison, examples);
    const supply = generatedSupply(beacon, DRAWS);
    const { figures, more } = unwrap(await measureUntilClear(beacon, ACCEPTANCE_RULES, compare, supply));
    await host.forget(candidate.release);
    const reasons = reasonsAgainst(figures, [], ACCEPTANCE_RULES).map(({ code }) => code);
    const { fall, low } = figures.overall;
    rows.push({ kind, expert: weight.name, fall, low, more, reasons });
    rmSync(path);
    const seconds = (performance.now() - began) / 1000;
    process.stderr.write(
      `\r${i + 1} of ${count}, ${seconds.toFixed(0)} s, ${rows.filter(isAccepted).length} accepted`,
    );
  }
  process.stderr.write('\n');
  report(rows, (performance.now() - began) / 1000);
}

/** Scores as the meter does, but asks the base only once about the same ids: a beacon draws the same examples for several candidates. */
function scoringOf(meter, base) {
  const known = new Map();
  return (model, ids, signal, first) => {
    if (model !== base) return meter.scoreIds(model, ids, signal, first);
    const key = `${first} ${ids.join(' ')}`;
    if (!known.has(key)) known.set(key, meter.scoreIds(model, ids, signal, first));
    return known.get(key);
  };
}

const uniform = (random) => random.int(-1_000, 1_000) / 1_000;
const noise = (size) => (random) => (values, scale) =>
  values.map((value) => value + size * scale * 1.732 * uniform(random));

/** What is done to the parent's weights; none of it is learning. `scale` is the root mean square of a matrix. */
const KINDS = [
  ['no change', () => (values) => values],
  ['noise of 0.1 %', noise(0.001)],
  ['noise of 1 %', noise(0.01)],
  ['noise of 5 %', noise(0.05)],
  ['noise of 20 %', noise(0.2)],
  [
    'scaled by up to 5 %',
    (random) => (values) => values.map((value) => value * (1 + 0.05 * uniform(random))),
  ],
  ['shrunk to 98 %', () => (values) => values.map((value) => value * 0.98)],
  [
    'one weight in 100 gone',
    (random) => (values) => values.map((value) => (random.int(0, 99) === 0 ? 0 : value)),
  ],
];

function encode(payload, weight, change) {
  const parts = [];
  let offset = 0;
  const tensors = weight.tensors.map((entry) => {
    const { rows, columns, dtype } = entry;
    const values = unwrap(
      TensorBlock.decode(payload.subarray(entry.offset, entry.offset + entry.length)),
    ).rows(0, rows);
    const scale = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const layout = rows === 1 ? 'rowMajor' : 'tile16';
    const part = encodeTensorBlock({ dtype, layout, rows, columns }, change(values, scale));
    parts.push(part);
    const placed = { ...entry, offset, length: part.length };
    offset += part.length;
    return placed;
  });
  return { payload: new Uint8Array(Buffer.concat(parts)), tensors };
}

function isAccepted({ reasons }) {
  return reasons.length === 0;
}

function report(rows, seconds) {
  const accepted = rows.filter(isAccepted).length;
  const rate = accepted / rows.length;
  const scale = 1 + (Z * Z) / rows.length;
  const centre = (rate + (Z * Z) / (2 * rows.length)) / scale;
  const half = (Z / scale) * Math.sqrt((rate * (1 - rate)) / rows.length + (Z * Z) / (4 * rows.length ** 2));
  const kinds = Object.groupBy(rows, ({ kind }) => kind);
  const table = Object.entries(kinds).map(([kind, of]) => {
    const falls = of.map(({ fall }) => fall);
    return { kind, candidates: of.length, accepted: of.filter(isAccepted).length, most: Math.max(...falls) };
  });
  const again = rows.filter(({ more }) => Object.keys(more).length > 0).length;
  expectFigure('share of candidates that learnt nothing and are accepted', rate, { most: MOST_ACCEPTED });
  if (process.argv.includes('--json'))
    return console.log(JSON.stringify({ accepted, of: rows.length, again, seconds, table, rows }));
  for (const { kind, candidates, accepted: taken, most } of table)
    console.log(
      `${kind.padEnd(24)} ${String(taken).padStart(3)} of ${String(candidates).padStart(3)} accepted, greatest fall ${(most * 100).toFixed(2)} %`,
    );
  console.log(
    `${accepted} of ${rows.length} accepted: ${(rate * 100).toFixed(1)} % (95 % interval up to ${((centre + half) * 100).toFixed(1)} %), aim ${MOST_ACCEPTED * 100} %; ` +
      `more was drawn for ${again}; ${seconds.toFixed(0)} s`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-false-'));
const dataDir = join(folder, 'data');
try {
  await (await startServer(dataDir)).stop();
  Object.assign(process.env, { DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  await withOwnApplication(unwrap(loadConfig()), measure);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
