// What benchmarks with an aim have in common: a missed one is said last on stderr and in the exit code.

/** Says that an aim was missed; the process goes on and exits with 1. */
export function fail(message) {
  console.error(`MISSED: ${message}`);
  process.exitCode = 1;
}

/** Says so where a figure is not within its aim: `least` or `most`, both included. */
export function expectFigure(name, value, { least = -Infinity, most = Infinity }) {
  if (value >= least && value <= most) return;
  const aim = least === -Infinity ? `at most ${most}` : `at least ${least}`;
  fail(`${name} is ${Number(value).toPrecision(3)}, the aim ${aim}`);
}
