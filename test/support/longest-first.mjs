import { statSync } from 'node:fs';

/** The files that take longest, longest first: begun last, one of them would be waited for by all other workers. */
const LONGEST = [
  'new-expert',
  'dashboard-improve',
  'submission',
  'train',
  'task-crash',
  'dashboard-access',
  'rounds',
  'submission-audit',
  'dashboard-experts',
  'dashboard-rewards',
  'healing-remedies',
  'sealed-sets',
  'task-crash-release',
  'dashboard-mirror',
  'decision-crash',
  'step-leases',
  'import',
  'decisions',
  'import-golden',
];

/** For jest's `testSequencer`: the order of the test files, also where no earlier run has left its times. */
export default class LongestFirst {
  /** Files that are not named above come after them, large ones first: they tend to take longer. */
  sort(tests) {
    const keys = new Map(tests.map((test) => [test, [rankOf(test.path), -statSync(test.path).size]]));
    return [...tests].sort((one, other) => {
      const [[rank, size], [otherRank, otherSize]] = [keys.get(one), keys.get(other)];
      return rank - otherRank || size - otherSize;
    });
  }

  /** No run leaves anything that the next one is sorted by. */
  cacheResults() {}
}

function rankOf(path) {
  const name = /([^/]+)\.test\.ts$/.exec(path)?.[1];
  const rank = /[/\\]test[/\\](?:e2e|integration)[/\\]/.test(path) ? LONGEST.indexOf(name) : -1;
  return rank < 0 ? LONGEST.length : rank;
}
