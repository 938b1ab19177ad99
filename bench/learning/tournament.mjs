// Aggregators against attacks: what a model learnt in rounds is worth when some of the contributors are hostile.
// node bench/learning/tournament.mjs [rounds] [--write]: prints the table; --write puts it into docs/learning.md. Ends with 1 where the
// table does not show what docs/learning.md says of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import cliProgress from 'cli-progress';
import { Random } from '../../dist/src/datasets/index.js';
import { aggregate } from '../../dist/src/learning/consensus/aggregator.js';
import { AGGREGATORS } from '../../dist/src/learning/consensus/aggregators.js';
import { WorkerMomentum } from '../../dist/src/learning/consensus/worker-momentum.js';
import { reportFigure } from '../aims.mjs';
import { ATTACKS } from './tournament/attacks.mjs';
import { accuracy, descent, LENGTH, textsOf } from './tournament/task.mjs';

const rounds = Number(process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 40);
const COUNT = 25;
const FAULTY = 5;
const BATCH = 24;
const RATE = 4;
const MOMENTUM = 0.9;
/** Percent: what `centred_clipping` keeps under every attack; what robust ones keep where a sign flip leaves the mean at most the other. */
const LEAST_CLIPPED = 94;
const LEAST_ROBUST = 85;
const MOST_FLIPPED_MEAN = 50;
/** The mean of everybody, with nobody hostile. */
const LEAST_HONEST = 95;
const DOCUMENT = fileURLToPath(new URL('../../docs/learning.md', import.meta.url));

const texts = Array.from({ length: COUNT }, (_, contributor) => textsOf(contributor));

/** Accuracy after all rounds. The mean is told that nobody is faulty: otherwise it refuses. */
function play(aggregator, attack, beta) {
  const random = new Random('tournament');
  const momenta = texts.map(() => [new WorkerMomentum(beta), new WorkerMomentum(beta)]);
  const model = new Float32Array(LENGTH);
  const faulty = attack === null ? 0 : FAULTY;
  let previous = null;
  for (let round = 0; round < rounds; round++) {
    const batches = texts.map((own) => Array.from({ length: BATCH }, () => random.pick(own)));
    const sent = batches.map((batch, i) => momenta[i][0].add(descent(model, batch)));
    const honest = sent.slice(faulty);
    const hostile = batches.slice(0, faulty).map((batch, i) => {
      const flipped = momenta[i][1].add(descent(model, batch, true));
      return attack({ own: sent[i], flipped, honest, previous, random, count: COUNT, faulty });
    });
    const stated = aggregator.name === 'mean' ? 0 : FAULTY;
    const combined = aggregate(aggregator, [...hostile, ...honest], { faulty: stated, previous });
    if (!combined.ok) throw combined.error;
    previous = combined.value;
    for (let i = 0; i < LENGTH; i++) model[i] += RATE * previous[i];
  }
  return accuracy(model);
}

const names = Object.keys(ATTACKS);
const bar = new cliProgress.SingleBar({ format: '{bar} {value}/{total}' });
bar.start(2 * names.length * Object.keys(AGGREGATORS).length, 0);
/** Percent by momentum, aggregator and attack. */
const played = new Map();
const tables = [0, MOMENTUM].map((beta) => {
  const rows = Object.values(AGGREGATORS).map((aggregator) => {
    const cells = names.map((name) => {
      const value = 100 * play(aggregator, ATTACKS[name], beta);
      bar.increment();
      played.set(`${beta} ${aggregator.name} ${name}`, value);
      return value.toFixed(1);
    });
    return `| ${aggregator.name} | ${cells.join(' | ')} |`;
  });
  return [`| ${beta === 0 ? 'without momentum' : `momentum ${beta}`} | ${names.join(' | ')} |`]
    .concat(`|${'---|'.repeat(names.length + 1)}`, rows)
    .join('\n');
});
bar.stop();
const table = tables.join('\n\n');
console.log(table);
for (const beta of [0, MOMENTUM]) {
  const title = beta === 0 ? 'without momentum' : `momentum ${beta}`;
  const show = (percent) => `${percent.toFixed(1)} %`;
  const of = (aggregator, attack) => played.get(`${beta} ${aggregator} ${attack}`);
  const worst = (aggregator) => Math.min(...names.map((name) => of(aggregator, name)));
  const say = (name, value, aim) => reportFigure(`${title}: ${name}`, value, { ...aim, show });
  say('mean, nobody hostile', of('mean', 'none'), { least: LEAST_HONEST });
  say('mean, signs turned round', of('mean', 'sign flip'), { most: MOST_FLIPPED_MEAN });
  for (const name of ['median', 'trimmed_mean', 'multi_krum'])
    say(`${name}, signs turned round`, of(name, 'sign flip'), { least: LEAST_ROBUST });
  say('centred_clipping, its worst', worst('centred_clipping'), { least: LEAST_CLIPPED });
  const others = Object.keys(AGGREGATORS).filter((name) => name !== 'centred_clipping');
  say(
    'centred_clipping, its worst, less that of the best other',
    worst('centred_clipping') - Math.max(...others.map(worst)),
    {
      least: 0,
    },
  );
}
if (process.argv.includes('--write')) {
  const marked = /(<!-- tournament -->\n)[\s\S]*?(<!-- end of tournament -->)/;
  const text = readFileSync(DOCUMENT, 'utf8');
  if (!marked.test(text)) throw new Error(`${DOCUMENT} has no place for the table`);
  writeFileSync(DOCUMENT, text.replace(marked, `$1${table}\n$2`));
}
