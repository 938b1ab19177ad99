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

/** Prints a figure with its aim beside it, and says so where it is missed. @param show how the figure and its bounds are written */
export function reportFigure(name, value, { least = -Infinity, most = Infinity, show = String }) {
  const bounds = [];
  if (least !== -Infinity) bounds.push(`at least ${show(least)}`);
  if (most !== Infinity) bounds.push(`at most ${show(most)}`);
  const isMet = value >= least && value <= most;
  console.log(`${isMet ? 'ok    ' : 'MISSED'} ${name}: ${show(value)} (aim: ${bounds.join(', ')})`);
  if (!isMet) fail(`${name} is ${show(value)}, the aim ${bounds.join(', ')}`);
}
