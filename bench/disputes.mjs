// node bench/disputes.mjs [trials] [seed]: so many disputes in which one side has flipped one bit somewhere (weight, activation,
// router's choice, sampled token, seed), and as many between honest sides. The verdict must name the side, the layer and the
// operator every time, and nobody where both are honest.
import '../test/support/typescript-threads.mjs';

const { DisputeTrials } = await import('../test/support/dispute-trials.ts');

const COUNT = Number(process.argv[2] ?? 1000);
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000);
const started = performance.now();
const trials = new DisputeTrials(SEED);
const kinds = {};
const failures = [];
let [withoutEffect, blamed, share] = [0, 0, 0];
console.log(`${COUNT} disputes with a fault and ${COUNT} without, seed ${SEED}`);
for (let i = 0; i < COUNT; i++) {
  const trial = await trials.faulty();
  const counts = (kinds[trial.kind] ??= { found: 0, missed: 0 });
  counts[trial.failure === null ? 'found' : 'missed'] += 1;
  if (trial.failure !== null) failures.push(`trial ${i}, ${trial.kind}: ${trial.failure}`);
  withoutEffect += trial.withoutEffect;
  const { referee, generation } = trial.verdict.work;
  share = Math.max(share, referee / generation);
}
for (let i = 0; i < COUNT; i++) {
  const trial = await trials.honest();
  if (trial.failure === null) continue;
  blamed += 1;
  failures.push(`honest trial ${i}: ${trial.failure}`);
}
for (const line of failures.slice(0, 20)) console.log(line);
const seconds = Math.round((performance.now() - started) / 1000);
const missed = Object.values(kinds).reduce((sum, kind) => sum + kind.missed, 0);
console.log(
  JSON.stringify({
    trials: COUNT,
    seed: SEED,
    kinds,
    missed,
    blamed,
    withoutEffect,
    largestShare: share,
    seconds,
  }),
);
process.exitCode = failures.length === 0 ? 0 : 1;
