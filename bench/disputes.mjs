// node bench/disputes.mjs [trials] [seed]: so many disputes of each of three kinds.
//   faulty:   one side has flipped one bit somewhere (weight, activation, router's choice, sampled token, seed): the verdict must name the
//             side, the layer and the operator.
//   agreeing: both sides are honest, have salts of their own and computed in different ways (plain TypeScript, plain kernel, joined
//             kernel, 1 to 3 threads, batches and caches drawn anew): nothing may differ, nobody may be blamed.
//   accused:  somebody disputes an honest answer by mistake or against better knowledge: the honest side may not be blamed.
// Fails when a fault is missed, somebody honest is blamed or a liar is not, or the referee's work reaches 1 % of the answer's.
import '../test/support/typescript-threads.mjs';
import { fail } from './aims.mjs';
import { startThreadedWays } from './dispute-threads.mjs';

const { DisputeTrials } = await import('../test/support/dispute-trials.ts');
const { HonestDisputes } = await import('../test/support/honest-disputes.ts');
const { requestOf } = await import('../test/support/answer-ways.ts');
const { DISPUTE_SUBJECTS } = await import('../test/support/dispute-subjects.ts');

const COUNT = Number(process.argv[2] ?? 1000);
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000);
/** Of the multiplications of the answer. */
const MOST_REFEREE_SHARE = 0.01;

const started = performance.now();
const threads = await startThreadedWays(
  DISPUTE_SUBJECTS.map(({ built }) => built),
  requestOf,
);
const faults = new DisputeTrials(SEED);
const honest = new HonestDisputes(SEED + 1, threads.ways);
const kinds = {};
const failures = [];
let [withoutEffect, share] = [0, 0];
console.log(
  `${COUNT} disputes with a fault, ${COUNT} between honest sides, ${COUNT} wrong accusations; seed ${SEED}`,
);
try {
  const counts = {
    faulty: await run('faulty', () => faults.faulty()),
    agreeing: await run('agreeing', () => honest.agreeing()),
    accused: await run('accused', () => honest.accused()),
  };
  for (const line of failures.slice(0, 20)) console.log(line);
  console.table(kinds);
  const seconds = Math.round((performance.now() - started) / 1000);
  const figures = {
    trials: COUNT,
    seed: SEED,
    kinds,
    failed: counts,
    withoutEffect,
    largestShare: share,
    seconds,
  };
  console.log(
    `faults missed ${counts.faulty}, honest sides blamed or liars not ${counts.agreeing + counts.accused}, ` +
      `largest share of the referee ${(share * 100).toFixed(2)} % (limit ${MOST_REFEREE_SHARE * 100} %)`,
  );
  console.log(JSON.stringify(figures));
} finally {
  await threads.stop();
}
if (failures.length > 0) fail(`${failures.length} verdicts are wrong`);
if (!(share < MOST_REFEREE_SHARE)) fail(`the referee worked for ${(share * 100).toFixed(2)} % of an answer`);

/** Runs one kind of trials; returns how many verdicts were wrong. */
async function run(name, trial) {
  let failed = 0;
  for (let i = 0; i < COUNT; i++) {
    const { kind, failure, verdict, ...rest } = await trial();
    const counts = (kinds[`${name}: ${kind}`] ??= { right: 0, wrong: 0 });
    counts[failure === null ? 'right' : 'wrong'] += 1;
    withoutEffect += rest.withoutEffect ?? 0;
    share = Math.max(share, verdict.work.referee / verdict.work.generation);
    if (failure === null) continue;
    failed += 1;
    failures.push(`${name} ${i}, ${kind}: ${failure}`);
  }
  return failed;
}
