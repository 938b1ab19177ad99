// node bench/wash-trading.mjs [--fee 0.001] [--json]: what talking to oneself earns, and what it costs. Each strategy is played through
// the very function that works out epochs, with the policy of the installation: as shipped, and with that fee taken for each answer, as
// the log then says, with alpha and beta at their start and at their most. Ends with 1 if any strategy pays. Works on the built server (dist/).
import { unwrap } from '../dist/src/common/index.js';
import { computeEpoch, sumOf } from '../dist/src/rewards/epochs/compute-epoch.js';
import { firstState } from '../dist/src/rewards/epochs/epoch-state.js';
import { formatBly, parseBly } from '../dist/src/rewards/policy/fixed-point.js';
import { defaultRewardsFile, readRewardsPolicy } from '../dist/src/rewards/policy/policy-in-force.js';
import { expectFigure, reportFigure } from './aims.mjs';

const ONE = 1_000_000;
/** Percent of its fees that no strategy may earn: what talking to oneself costs is more than it brings. */
const MOST_SHARE = 99.99;
const AT = Date.UTC(2026, 5, 1);
const shipped = unwrap(readRewardsPolicy(defaultRewardsFile()));
const at = process.argv.indexOf('--fee');
const fee = parseBly(at < 0 ? '0.001' : (process.argv[at + 1] ?? ''));
if (fee === null || fee <= 0n) throw new Error('--fee needs an amount of BLY above 0');
const charging = { ...shipped, usage: { ...shipped.usage, fee } };
const start = firstState(shipped);
const most = { ...start, alpha: shipped.alpha.most, beta: shipped.beta.most };

/** Answers that one payer asks for: `authors` made equal parts of each. */
function answers(payer, count, authors, { tookMs = 0, repeated = false } = {}) {
  const part = Math.floor(ONE / authors.length);
  return Array.from({ length: count }, (_, i) => ({
    ...{ leaf: i, receipt: `${payer}/${repeated ? 0 : i}`, payer, finishedAt: AT, tookMs },
    parts: authors.map((author) => ({ author, part })),
  }));
}

const scores = (payers, authors, score) =>
  payers.map((payer, leaf) => ({
    ...{ leaf, receipt: `${payer}/0`, payer, score },
    parts: authors.map((author) => ({ author, part: Math.floor(ONE / authors.length) })),
  }));

const names = (count, word) =>
  Array.from({ length: count }, (_, i) => `${word}${String(i).padStart(4, '0')}`);

/** Name, answers and scores of each strategy; every account and expert belongs to the same person. */
const strategies = [
  ...[1, 10, 100].map((count) => [
    `talks to oneself with ${count} account${count === 1 ? '' : 's'}, 100 answers each`,
    { answers: names(count, 'p').flatMap((payer) => answers(payer, 100, ['me'])) },
  ]),
  ['one account, 5,000 answers', { answers: answers('p', 5_000, ['me']) }],
  [
    'one account, one answer logged 5,000 times',
    { answers: answers('p', 5_000, ['me'], { repeated: true }) },
  ],
  ['one account, 100 experts under 100 keys', { answers: answers('p', 200, names(100, 'me')) }],
  [
    'ring: 10 authors ask for each other, 20 answers of each',
    { answers: names(10, 'p').flatMap((payer) => answers(payer, 200, names(10, 'me'))) },
  ],
  [
    'ring with full marks: 10 authors, every score 1',
    {
      answers: names(10, 'p').flatMap((payer) => answers(payer, 200, names(10, 'me'))),
      scores: scores(names(10, 'p'), names(10, 'me'), ONE),
    },
  ],
  [
    'full marks by 100 accounts, 2 answers each',
    {
      answers: names(100, 'p').flatMap((payer) => answers(payer, 2, ['me'])),
      scores: scores(names(100, 'p'), ['me'], ONE),
    },
  ],
  [
    'full marks by 100 accounts, 200 answers each',
    {
      answers: names(100, 'p').flatMap((payer) => answers(payer, 200, ['me'])),
      scores: scores(names(100, 'p'), ['me'], ONE),
    },
  ],
];

/** Units that a strategy earns in an epoch, every answer paid for as the policy says. */
function earnedBy({ answers: asked, scores: given = [] }, policy, state) {
  const { fee: units } = policy.usage;
  const paid = asked.map((answer) => (units > 0n ? { ...answer, fee: String(units) } : answer));
  const input = { range: { first: 0, end: 1 }, at: AT, verdicts: [], answers: paid, scores: given };
  return sumOf(computeEpoch(input, policy, state).earned);
}

const rows = strategies.map(([name, played]) => {
  // Whoever lets one answer be logged again pays for one.
  const fees = fee * BigInt(new Set(played.answers.map(({ receipt }) => receipt)).size);
  const figures = { asShipped: earnedBy(played, shipped, most), fees };
  const charged = { atStart: earnedBy(played, charging, start), atMost: earnedBy(played, charging, most) };
  return { name, ...figures, ...charged, share: Number((charged.atMost * 10_000n) / fees) / 100 };
});

const worst = rows.reduce((one, other) => (other.share > one.share ? other : one));
const freePaid = rows.filter(({ asShipped, fees }) => asShipped > (shipped.usage.fee * fees) / fee);
const earning = rows.filter(({ atMost }) => atMost > 0n);
if (process.argv.includes('--json'))
  console.log(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
else {
  const columns = ['strategy', `earned as shipped (fee ${formatBly(shipped.usage.fee)})`];
  columns.push(`earned with a fee of ${formatBly(fee)}`, 'alpha and beta at most', 'fees', 'most / fees');
  console.log(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}`);
  for (const { name, asShipped, atStart, atMost, fees, share } of rows)
    console.log(
      `| ${[name, ...[asShipped, atStart, atMost, fees].map(formatBly), `${share} %`].join(' | ')} |`,
    );
  console.log();
}
const aims = [
  [`most that is earned of the fees, percent (${worst.name})`, worst.share, { most: MOST_SHARE }],
  ['strategies that earn more than is taken, as shipped', freePaid.length, { most: 0 }],
  // Where nothing earns anything, nothing was played.
  ['strategies that earn something', earning.length, { least: 1 }],
];
const tell = process.argv.includes('--json') ? expectFigure : reportFigure;
for (const aim of aims) tell(...aim);
