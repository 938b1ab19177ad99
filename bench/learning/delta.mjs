// What compressing deltas costs: a damaged expert of genesis is trained again in rounds; after each, its delta goes through the wire format
// (docs/formats/delta.md) with error feedback, and training goes on from what arrived.
// node bench/learning/delta.mjs [rounds] [updates a round] [--write]: prints the table; --write puts it into docs/learning.md. Ends with 1
// where no way of sending is small enough at a loss that is small enough, or none is as small as what is only reported (docs/learning.md).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import cliProgress from 'cli-progress';
import { BlockReader } from '../../dist/src/chain/index.js';
import { withOwnApplication } from '../../dist/src/cli/own-application.js';
import { loadConfig } from '../../dist/src/cli/settings.js';
import { unwrap } from '../../dist/src/common/index.js';
import { nativeSha256 } from '../../dist/src/common/native-hash.js';
import { DOMAINS, examples, first } from '../../dist/src/datasets/index.js';
import { ParameterIndex } from '../../dist/src/experts/index.js';
import { describeBlocks } from '../../dist/src/experts/tensorblock/model-blocks.js';
import { decodeDelta } from '../../dist/src/learning/delta/delta-codec.js';
import { ErrorFeedback } from '../../dist/src/learning/delta/error-feedback.js';
import {
  ADAM_DEFAULTS,
  ExampleEncoder,
  readRelease,
  StoredBlockAccess,
  tensorValues,
  Trainer,
  trainingKernelPath,
  TrainingThreads,
} from '../../dist/src/learning/index.js';
import { reportFigure } from '../aims.mjs';
import { startServer } from '../server.mjs';

const [rounds = 12, updates = 3] = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'))
  .map(Number);
const DOCUMENT = fileURLToPath(new URL('../../docs/learning.md', import.meta.url));
const EXPERT = 'layer3.expert5';
/** The matrix that is turned round and made larger, so that there is something to learn. */
const DAMAGED = 'down';
const LEARNT = 300;
const HELD_OUT = 24;
const BATCH_TOKENS = 2_048;
/** So many times fewer bytes have to be had at no more than this share of extra loss. */
const LEAST_RATIO = 20;
const MOST_EXTRA = 0.01;
/** And so many, whatever they cost: the table says what. */
const SMALLEST_RATIO = 100;
/** Share of the loss that training has to take away: where nothing is learnt, nothing is lost on the way. */
const LEAST_LEARNT = 0.1;
const PLANS = [
  ['top 20 %, 8 bits', { rank: 0, share: 0.2, bits: 8 }],
  ['top 20 %, 2 bits', { rank: 0, share: 0.2, bits: 2 }],
  ['top 5 %, 2 bits', { rank: 0, share: 0.05, bits: 2 }],
  ['top 1 %, 2 bits', { rank: 0, share: 0.01, bits: 2 }],
  ['rank 16', { rank: 16, share: 0, bits: 8 }],
  ['rank 8', { rank: 8, share: 0, bits: 8 }],
  ['rank 4', { rank: 4, share: 0, bits: 8 }],
  ['rank 1', { rank: 1, share: 0, bits: 8 }],
  ['rank 8 and top 2 %, 2 bits', { rank: 8, share: 0.02, bits: 2 }],
];

async function measure(application) {
  const access = new StoredBlockAccess(application.get(ParameterIndex), application.get(BlockReader));
  const model = unwrap(await readRelease(access, 'genesis', () => undefined));
  const encoder = unwrap(ExampleEncoder.create(model.tokenizer));
  const drawn = (split, count) =>
    DOMAINS.flatMap((domain) =>
      [...first(count, examples(domain, split, 'deltas'))].map(({ prompt, completion }) =>
        unwrap(encoder.encode({ form: 'completion', prompt, completion })),
      ),
    ).filter(({ ids, firstTarget }) => ids.length > firstTarget && ids.length <= model.config.maxPositions);
  const [learnt, heldOut] = [drawn('train', LEARNT), drawn('heldOut', HELD_OUT)];
  const longest = Math.max(...[...learnt, ...heldOut].map(({ ids }) => ids.length));
  const threads = TrainingThreads.start({ kernelPath: trainingKernelPath(), threads: 2, longest });
  const trainer = new Trainer(
    {
      kernel: threads.kernel,
      config: model.config,
      valuesOf: (block, tensor) => {
        const values = tensorValues(model, block, tensor);
        return block === EXPERT && tensor === DAMAGED ? values.map((value) => -4 * value) : values;
      },
      sha256: nativeSha256,
      prefixBytes: 1 << 30,
    },
    {
      ...{ blocks: [EXPERT], seed: 'deltas', batchTokens: BATCH_TOKENS, microBatchTokens: 1_024, balance: 0 },
      schedule: { peak: 0.003, floor: 0.05, warmUp: 2, steps: rounds * updates },
      adam: ADAM_DEFAULTS,
    },
    learnt,
  );
  const begin = trainer.state();
  const before = trainer.evaluate(heldOut);
  const bar = new cliProgress.SingleBar({ format: '{bar} {value}/{total} updates' });
  bar.start((PLANS.length + 1) * rounds * updates, 0);
  const rows = [['everything', null], ...PLANS].map(([name, plan]) => {
    trainer.restore(begin);
    const { bytes, wire } = run(trainer, model.config, plan, () => bar.increment());
    return { name, ratio: bytes / wire, loss: trainer.evaluate(heldOut) };
  });
  bar.stop();
  await threads.stop();
  report(before, rows);
}

/** All rounds. Returns bytes of the deltas as float32 and on the wire. */
function run(trainer, config, plan, tick) {
  const shapes = describeBlocks(config).find(({ name }) => name === EXPERT).tensors;
  const feedback = plan && new ErrorFeedback(plan);
  let [bytes, wire] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const base = new Map(shapes.map(({ name }) => [name, trainer.values(EXPERT, name)]));
    for (let i = 0; i < updates; i++) {
      unwrap(trainer.step());
      tick();
    }
    const delta = new Map(
      shapes.map(({ name, rows, columns }) => {
        const values = trainer.values(EXPERT, name).map((value, i) => value - base.get(name)[i]);
        return [name, { rows, columns, values }];
      }),
    );
    const size = 4 * shapes.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    bytes += size;
    const sent = feedback?.send(delta);
    wire += sent?.length ?? size;
    if (sent) replace(trainer, shapes, base, unwrap(decodeDelta(sent, delta)));
  }
  return { bytes, wire };
}

/** Puts what arrived in place of what was learnt; the optimizer's moments stay with the contributor. */
function replace(trainer, shapes, base, arrived) {
  const state = trainer.state();
  let at = 0;
  for (const { name, rows, columns } of shapes) {
    const values = base.get(name).map((value, i) => value + arrived.get(name).values[i]);
    state.values.set(values, at);
    at += 3 * rows * columns;
  }
  trainer.restore(state);
}

function report(before, rows) {
  const whole = rows[0].loss;
  const table = [
    '| sent | bytes less | held-out loss | more than with everything |',
    '|---|---|---|---|',
    ...rows.map(
      ({ name, ratio, loss }) =>
        `| ${name} | ${ratio.toFixed(1)}x | ${loss.toFixed(4)} | ${((loss / whole - 1) * 100).toFixed(2)} % |`,
    ),
  ].join('\n');
  console.log(`before training ${before.toFixed(4)}\n${table}`);
  const sent = rows.slice(1);
  const most = (ones) => Math.max(0, ...ones.map(({ ratio }) => ratio));
  const times = (ratio) => `${ratio.toFixed(1)}x`;
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const cheap = sent.filter(({ loss }) => loss <= whole * (1 + MOST_EXTRA));
  reportFigure('loss that training takes away', 1 - whole / before, { least: LEAST_LEARNT, show: percent });
  const name = `bytes less at no more than ${percent(MOST_EXTRA)} of extra held-out loss`;
  reportFigure(name, most(cheap), { least: LEAST_RATIO, show: times });
  const finite = sent.filter(({ loss }) => Number.isFinite(loss));
  reportFigure('bytes less, reported with the loss', most(finite), { least: SMALLEST_RATIO, show: times });
  if (!process.argv.includes('--write')) return;
  const marked = /(<!-- deltas -->\n)[\s\S]*?(<!-- end of deltas -->)/;
  const text = readFileSync(DOCUMENT, 'utf8');
  if (!marked.test(text)) throw new Error(`${DOCUMENT} has no place for the table`);
  writeFileSync(DOCUMENT, text.replace(marked, `$1Before training ${before.toFixed(4)}.\n\n${table}\n$2`));
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-delta-'));
const dataDir = join(folder, 'data');
try {
  await (await startServer(dataDir)).stop();
  Object.assign(process.env, { DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  await withOwnApplication(unwrap(loadConfig()), measure);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
