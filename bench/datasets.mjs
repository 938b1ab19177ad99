// The quality gate of datasets on 10,000 documents with planted faults: precision and recall of each check, and time.
// Then the same documents again with a word changed in each, a half of them among others, and others alone, against the first as an approved set.
// node bench/datasets.mjs [documents] [seed] [--missed]: ends with 1 where a check finds too little or too much, or the gate takes too long.
import {
  assessDataset,
  findPii,
  languageOf,
  licenceOfDocument,
  minhash,
  NearDuplicates,
  piiKindsOf,
  plantedCorpus,
  readDocuments,
  surveyDataset,
  toxicityOf,
  trainedText,
} from '../dist/src/datasets/index.js';
import { reportFigure } from './aims.mjs';

/** Precision and recall that every check has to have on faults that were planted. */
const AIM = 0.95;
/** An audit is over by then, s; it sees 4 MB. */
const MOST_SECONDS = 1_800;
/** Milliseconds that the slowest adversarial megabyte may take. */
const MOST_MS = 5_000;

const [count = '10000', seed = 'bench-1'] = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'));
const showMissed = process.argv.includes('--missed');
const planted = [...plantedCorpus(seed, Number(count))];
const file = new TextEncoder().encode(planted.map(({ json }) => `${json}\n`).join(''));
const documents = [];
const seconds = { reading: 0 };
await timed('reading', async () => {
  for await (const document of readDocuments([file])) documents.push(document.value);
});

const near = new NearDuplicates();
const verdicts = {
  personal: (document) => piiKindsOf(document).size > 0,
  toxic: (document) => toxicityOf(trainedText(document)) !== null,
  duplicate: (document) => near.check(minhash(trainedText(document))).duplicate,
  unlicensed: (document) => ['unknown', 'restricted'].includes(licenceOfDocument(document)),
};
const truth = {
  ...Object.fromEntries(['personal', 'toxic', 'duplicate'].map((name) => [name, (line) => line[name]])),
};
truth.unlicensed = ({ licensed }) => licensed === false;

console.log(`${documents.length} documents, ${(file.length / 1e6).toFixed(2)} MB, seed ${seed}`);
console.log('| check | planted | found | precision | recall | MB/s |');
console.log('|---|---|---|---|---|---|');
const aims = [];
for (const [name, verdict] of Object.entries(verdicts)) {
  let found = [];
  await timed(name, () => (found = documents.map(verdict)));
  const wanted = planted.map(truth[name]);
  const right = found.filter((value, i) => value && wanted[i]).length;
  const [positives, findings] = [wanted, found].map((values) => values.filter(Boolean).length);
  const share = (part, of) => (of === 0 ? '–' : (part / of).toFixed(4));
  // Where nothing was planted there is nothing to find; where something was, finding nothing is a miss of both.
  if (positives > 0)
    aims.push([`precision of ${name}`, right / findings], [`recall of ${name}`, right / positives]);
  else aims.push([`${name}: right of what was found without anything planted`, findings === 0 ? 1 : 0]);
  const speed = (file.length / 1e6 / seconds[name]).toFixed(1);
  console.log(
    `| ${name} | ${positives} | ${findings} | ${share(right, findings)} | ${share(right, positives)} | ${speed} |`,
  );
  if (showMissed)
    documents.forEach(
      (document, i) => found[i] !== wanted[i] && console.log(found[i] ? '+' : '-', planted[i].json),
    );
}
await timed('language', () => documents.forEach((document) => languageOf(trainedText(document))));
let report;
await timed('whole gate', async () => {
  report = (await assessDataset(readDocuments([file]), { seed, licence: 'CC0-1.0' })).value;
});
console.log(
  Object.entries(seconds)
    .map(([name, time]) => `${name} ${time.toFixed(2)} s`)
    .join(', '),
);
console.log(
  `whole gate ${(file.length / 1e6 / seconds['whole gate']).toFixed(1)} MB/s; refused for ${report.reasons.join(', ')}`,
);

const others = await documentsOf(plantedCorpus(`${seed}/others`, documents.length));
const changed = documents.map((document) => {
  const words = trainedText(document).split(' ');
  const text = words.with(words.length >> 1, 'changed').join(' ');
  return { ...document, content: { form: 'text', text } };
});
const half = documents.length >> 1;
const survey = async (of, known = []) =>
  (
    await surveyDataset(
      of.map((value) => ({ ok: true, value })),
      { seed, licence: 'CC0-1.0', known },
    )
  ).value;
const { near: approved } = await survey(documents);
console.log('\n| against an approved set of as many | planted share | found | refused |');
console.log('|---|---|---|---|');
for (const [what, planted, of] of [
  ['a word changed in each document', 1, changed],
  ['a half of them among others', 0.5, [...changed.slice(0, half), ...others.slice(half)]],
  ['others', 0, others],
]) {
  const { duplicates, reasons } = (await survey(of, [['approved', approved]])).report;
  const found = duplicates.nearly.approved ?? 0;
  const refused = reasons.includes('DUPLICATES');
  console.log(`| ${what} | ${planted} | ${found.toFixed(3)} | ${refused ? 'yes' : 'no'} |`);
  aims.push([`share found of ${what}`, 1 - Math.abs(found - planted)]);
}

console.log();
for (const [name, value] of aims)
  reportFigure(name, value, { least: AIM, show: (share) => share.toFixed(4) });
const audit = (seconds['whole gate'] * 4e6) / file.length;
const inSeconds = (value) => `${value.toFixed(1)} s`;
reportFigure('whole gate, of 4 MB', audit, { most: MOST_SECONDS, show: inSeconds });
reportFigure('reasons to refuse the whole', report.reasons.length, { least: 1 });

console.log('\nslowest of adversarial megabytes for personal data, ms of processor time (least of 5):');
const pieces = [
  '1 ',
  '123 ',
  '4111 ',
  '6123456789 ',
  'a@',
  'a@a.',
  '@',
  'GB82 ',
  '131052-308',
  '(at)',
  '00 0',
  'Mr. Aa ',
];
const times = pieces.map((piece) => [piece, processorTime(() => findPii(piece.repeat(1e6 / piece.length)))]);
console.log(times.map(([piece, time]) => `${JSON.stringify(piece)} ${time.toFixed(0)}`).join(', '));
const abuse = ['you ', 'idiot ', 'f*ck ', '*a*b*c ', 'a '].map((piece) => [
  piece,
  processorTime(() => toxicityOf(piece.repeat(1e6 / piece.length))),
]);
console.log(
  `toxicity: ${abuse.map(([piece, time]) => `${JSON.stringify(piece)} ${time.toFixed(0)}`).join(', ')}`,
);
const slowest = Math.max(...[...times, ...abuse].map(([, time]) => time));
reportFigure('slowest adversarial megabyte, ms of processor time', Math.round(slowest), { most: MOST_MS });

async function documentsOf(lines) {
  const bytes = new TextEncoder().encode(Array.from(lines, ({ json }) => `${json}\n`).join(''));
  const found = [];
  for await (const document of readDocuments([bytes])) found.push(document.value);
  return found;
}

async function timed(name, work) {
  const began = performance.now();
  await work();
  seconds[name] = (performance.now() - began) / 1000;
}

function processorTime(work) {
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}
