// node bench/learning/forgeries.mjs [--steps 40] [--drawn 8] [--beacons 500] [--json]
// What audits of trainings find. An honest training and the ways to cheat (src/learning/audit/planted) of a small model are replayed
// update by update; then so many beacons draw updates of each, and the share of audits that object is put beside the odds 1 - (1 - f)^k.
// So are the datasets in which the documents of an update stand, as on a server that takes experts of approved data alone.
// The end of a training is looked at in every audit. Last, what an audit costs: tokens and time as a share of the training.
// MISSED, and it ends with 1, where an honest training is refused, or a forgery is found more seldom than its odds and chance allow.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { concatBytes } from '../../dist/src/common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../dist/src/common/native-hash.js';
import { describeBlocks } from '../../dist/src/experts/tensorblock/model-blocks.js';
import { auditOpening } from '../../dist/src/learning/audit/audit.js';
import { auditShare, detectionOdds, drawUpdates } from '../../dist/src/learning/audit/draw.js';
import { checkEnd } from '../../dist/src/learning/audit/end-check.js';
import { plantTrainings } from '../../dist/src/learning/audit/planted/forgeries.js';
import { UpdateReplayer } from '../../dist/src/learning/audit/update-replayer.js';
import { ADAM_DEFAULTS } from '../../dist/src/learning/trainer/adam.js';
import { compileTraining } from '../../dist/src/learning/trainer/node/compile-training.js';
import { trainingKernelPath } from '../../dist/src/learning/trainer/node/training-kernel-path.js';
import { Trainer } from '../../dist/src/learning/trainer/trainer.js';
import { createTrainingMemory, TrainingKernel } from '../../dist/src/learning/trainer/training-kernel.js';
import { fail } from '../aims.mjs';
import { chanceOfAtMost } from './binomial.mjs';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '40' },
    drawn: { type: 'string', default: '8' },
    beacons: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
  },
});
/** Runs that are timed. */
const TIMED = 5;
/** What is less likely than this, if the odds were right, is no chance: once in so many rows a right one is called wrong. */
const CHANCE = 1e-6;
const [steps, drawn, beacons] = [options.steps, options.drawn, options.beacons].map(Number);

const config = {
  family: 'mixtral',
  ...{ hiddenSize: 64, layers: 3, experts: 4, expertsPerToken: 2, expertHiddenSize: 128 },
  ...{ heads: 4, kvHeads: 2, headDim: 16, vocabSize: 200, maxPositions: 64 },
  ...{ ropeTheta: 10000, rmsEpsilon: 1e-5, tieWordEmbeddings: false },
};
const plan = {
  blocks: ['layer1.expert0', 'layer1.expert2', 'layer2.expert1'],
  ...{ seed: 'forgeries', batchTokens: 512, microBatchTokens: 256, balance: 0 },
  schedule: { peak: 0.003, floor: 0.05, warmUp: 2, steps },
  adam: ADAM_DEFAULTS,
};
const documents = Array.from({ length: 400 }, (_, e) => ({
  ids: Array.from({ length: 12 + (e % 20) }, (_, i) => (e * 3 + i * (1 + (e % 5))) % config.vocabSize),
  firstTarget: 1,
}));

/** Values between -0.2 and 0.2, the same ones each time (xorshift32, Marsaglia 2003). */
function randomValues() {
  let state = 0x2545f491;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state | 0) / 2 ** 31) * 0.2;
  };
  const values = new Map();
  for (const { name, tensors } of describeBlocks(config))
    for (const tensor of tensors)
      values.set(`${name}/${tensor.name}`, Float32Array.from({ length: tensor.rows * tensor.columns }, next));
  return (block, tensor) => values.get(`${block}/${tensor}`);
}

const module = compileTraining(Uint8Array.from(readFileSync(trainingKernelPath())));
const createKernel = () => TrainingKernel.create(module, createTrainingMemory(), 1, config.maxPositions + 1);
const model = { config, valuesOf: randomValues() };
const encode = (name, valuesOf) => {
  const { tensors } = describeBlocks(config).find((block) => block.name === name);
  return concatBytes(
    ...tensors.map((tensor) => new Uint8Array(Float32Array.from(valuesOf(name, tensor.name)).buffer)),
  );
};
const sha256 = nativeSha256;
const createTrainer = (by, learnt) =>
  new Trainer({ kernel: createKernel(), ...model, sha256, prefixBytes: 1 << 26 }, by, learnt);
const trainings = plantTrainings({
  ...{ config, encode, sha256, plan, documents, steps },
  createTrainer,
});

const codeOf = (result) => (result.ok ? null : result.error.code);
const roots = Array.from({ length: beacons }, (_, i) => nativeSha256Hex(`beacon ${i}`));
const rows = trainings.map(({ name, facts, end, open, dataAt }) => {
  const replayer = new UpdateReplayer(facts, model, createKernel(), sha256);
  const codeAt = (step) => codeOf(replayer.replay(open(step))) ?? dataAt(step);
  const codes = Array.from({ length: steps }, (_, step) => codeAt(step));
  const atEnd = codeOf(checkEnd(facts, end, { config, encode, sha256 }));
  const forged = codes.filter((code) => code !== null).length / steps;
  const objectedTo = (count) =>
    roots.filter(
      (root) =>
        atEnd !== null || drawUpdates(root, steps, count, sha256).some((step) => codes[step] !== null),
    ).length;
  const [objected, ofAll] = [objectedTo(drawn), objectedTo(steps)];
  const odds = atEnd === null ? detectionOdds(forged, drawn) : 1;
  const found = [...new Set([...codes, atEnd].filter((code) => code !== null))];
  const missed = chanceOfAtMost(objected, beacons, odds) < CHANCE;
  return { name, forged, codes: found, odds, measured: objected / beacons, all: ofAll / beacons, missed };
});
const forgeries = rows.slice(1);
/** Forgeries that some audit of every update lets pass; and kinds that audits of a few updates find as often as they should. */
const accepted = forgeries.filter(({ all }) => all < 1).length;
const caught = forgeries.filter((row) => !row.missed && row.measured > 0).length;

/** What an honest training and its audit take: the smallest of some runs, as others only add to it. */
const [honest] = trainings;
const least = (work) =>
  Math.min(
    ...Array.from({ length: TIMED }, (_, i) => {
      const began = performance.now();
      work(i);
      return performance.now() - began;
    }),
  );
const trainingMs = least(() => {
  const trainer = createTrainer(plan, documents);
  for (let step = 0; step < steps; step++) if (!trainer.step().ok) throw new Error('it diverged');
});
const auditMs = least((i) => {
  const chosen = drawUpdates(roots[i % beacons], steps, drawn, sha256);
  const opening = { updates: chosen.map((step) => honest.open(step)), end: honest.end };
  const parts = { model, encode, kernel: createKernel(), sha256, progress: () => undefined };
  if (!auditOpening(honest.facts, chosen, opening, parts).ok)
    throw new Error('an honest training was refused');
});
const shareOf = (root) => auditShare(honest.facts.steps, drawUpdates(root, steps, drawn, sha256));
const share = roots.reduce((sum, root) => sum + shareOf(root), 0) / beacons;
const cost = { tokens: share, time: auditMs / trainingMs, audit_ms: auditMs, training_ms: trainingMs };
if (options.json)
  console.log(
    JSON.stringify({ steps, drawn, beacons, kinds: forgeries.length, caught, accepted, rows, cost }),
  );
else {
  const percent = (value) => `${(value * 100).toFixed(1)} %`;
  console.log(`${drawn} of ${steps} updates drawn, ${beacons} beacons\n`);
  console.log(`| training | forged updates | refused as | odds at least | measured | all ${steps} drawn |`);
  console.log('|---|--:|---|--:|--:|--:|');
  for (const { name, forged, codes, odds, measured, all } of rows)
    console.log(
      `| ${name} | ${percent(forged)} | ${codes.join(', ')} | ${percent(odds)} | ${percent(measured)} | ${percent(all)} |`,
    );
  console.log(
    `\n${caught} of ${forgeries.length} kinds of forgeries are found as often as the odds say, aim ${forgeries.length}; ` +
      `${accepted} accepted where all ${steps} updates are drawn, aim 0`,
  );
  console.log(
    `an audit costs ${percent(cost.tokens)} of the tokens and ${percent(cost.time)} of the time of the training`,
  );
}
if (rows[0].measured + rows[0].all > 0) fail('an honest training was refused');
for (const { name, measured, odds } of forgeries.filter((row) => row.missed || row.measured === 0))
  fail(`${name}: refused in ${measured * 100} % of the audits, the odds are ${odds * 100} %`);
for (const { name, all } of forgeries.filter((row) => row.all < 1))
  fail(`${name}: accepted in ${(1 - all) * 100} % of the audits that made every update again`);
