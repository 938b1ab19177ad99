import { float } from '../operations.js';
import type { Tape, Variable } from '../tape.js';
import { linear, passOn, project, projectBackward, type LinearWeights, type RowRange } from './linear.js';

/** Weights of one expert. */
export interface ExpertWeights {
  readonly gate: LinearWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** Weights of a router with what it is asked to do. */
export interface RouterWeights extends LinearWeights {
  /** Experts per token. */
  readonly chosen: number;
  /** Weights are shares of the softmax over all experts. */
  readonly overAll: boolean;
  /** Coefficient of the load-balancing loss; 0 = none. */
  readonly balance: number;
  /** Told how many rows each expert gets. */
  readonly onRouted?: (counts: readonly number[]) => void;
}

/** The clamped form of SwiGLU; null is the plain one. */
export type Clamp = { readonly alpha: number; readonly limit: number } | null;

/** Which rows go to which expert: copies of rows, grouped by expert. */
interface Groups {
  /** i32 [rows][chosen]: where the copy of a row lies. */
  readonly places: number;
  /** i32 [rows * chosen]: the row a copy is of. */
  readonly origins: number;
  readonly ranges: readonly RowRange[];
}

/** x + the weighted outputs of the experts that the router has chosen for n. @param experts null where the model leaves one out, which the router's bias then rules out */
export function mixture(
  tape: Tape,
  { x, n }: { x: Variable; n: Variable },
  router: RouterWeights,
  experts: readonly (ExpertWeights | null)[],
  clamp: Clamp,
): Variable {
  const { kernel } = tape;
  const { chosen } = router;
  const routing = route(tape, n, router, experts.length);
  const groups = groupRows(tape, routing.routes, n.rows, experts.length, chosen);
  router.onRouted?.(groups.ranges.map(({ count }) => count));
  if (router.balance > 0) routing.shares = balanceShares(tape, groups.ranges, n.rows * chosen);
  const inputs = gather(tape, n, groups, chosen);
  const down = runExperts(tape, inputs, experts, groups.ranges, clamp);
  const y = tape.copy(x, x.needsGradient || down.needsGradient || routing.needsGradient);
  const words = [down.address, y.address, groups.places, x.rows, x.columns, chosen, routing.routes];
  kernel.execute('combine', ...words);
  if (!y.needsGradient) return y;
  tape.record(() => {
    if (y.gradient === 0) return;
    passOn(tape, x, y);
    if (!down.needsGradient && !routing.needsGradient) return;
    const changed = [down.address, y.gradient, ...words.slice(2)];
    kernel.execute('combineBackward', ...changed, tape.gradientOf(down), routing.weightGradients());
  });
  // The notes run last one first: the router's own gradients follow those of the experts.
  return y;
}

interface Routing {
  /** {i32 expert, f32 weight} [rows][chosen] */
  readonly routes: number;
  readonly needsGradient: boolean;
  /** f32 [experts]: share of the assignments that each has; 0 = no balancing. */
  shares: number;
  /** f32 [rows][chosen], made when it is asked for. */
  weightGradients(): number;
}

function route(tape: Tape, n: Variable, router: RouterWeights, experts: number): Routing {
  const { kernel } = tape;
  const { chosen } = router;
  const logits = linear(tape, n, router);
  const routes = kernel.allocate(n.rows * chosen * 8);
  const probabilities = kernel.allocate(n.rows * experts * 4);
  const words = [logits.address, routes, probabilities, n.rows, experts, chosen, Number(router.overAll)];
  kernel.execute('route', ...words);
  let gradients = 0;
  const routing: Routing = {
    routes,
    needsGradient: logits.needsGradient,
    shares: 0,
    weightGradients: () => (gradients ||= kernel.allocate(n.rows * chosen * 4)),
  };
  if (logits.needsGradient)
    tape.record(() => {
      if (gradients === 0) return;
      const factor = float((router.balance * experts) / n.rows);
      kernel.execute('routeBackward', ...words, gradients, tape.gradientOf(logits), routing.shares, factor);
    });
  return routing;
}

/** f32 [experts]: which share of all assignments each expert has. */
function balanceShares({ kernel }: Tape, ranges: readonly RowRange[], assignments: number): number {
  const address = kernel.allocate(ranges.length * 4);
  const shares = kernel.floats(address, ranges.length);
  ranges.forEach(({ count }, expert) => (shares[expert] = count / assignments));
  return address;
}

/** Counts and places the rows of every expert, in the order of rows and ranks. */
function groupRows({ kernel }: Tape, routes: number, rows: number, experts: number, chosen: number): Groups {
  const words = kernel.words(routes, rows * chosen * 2);
  const counts = new Int32Array(experts);
  for (let i = 0; i < rows * chosen; i++) counts[words[2 * i]]++;
  const ranges: RowRange[] = [];
  let first = 0;
  for (const count of counts) {
    ranges.push({ first, count });
    first += count;
  }
  const next = Int32Array.from(ranges, (range) => range.first);
  const places = new Int32Array(rows * chosen);
  const origins = new Int32Array(rows * chosen);
  for (let i = 0; i < rows * chosen; i++) {
    const place = next[words[2 * i]]++;
    places[i] = place;
    origins[place] = Math.floor(i / chosen);
  }
  return { places: kernel.placeWords(places), origins: kernel.placeWords(origins), ranges };
}

/** Copies of the rows, grouped by expert. */
function gather(tape: Tape, n: Variable, { origins, places }: Groups, chosen: number): Variable {
  const { kernel } = tape;
  const copies = tape.variable(n.rows * chosen, n.columns, n.needsGradient);
  kernel.execute('takeRows', n.address, copies.address, origins, copies.rows, n.columns);
  if (n.needsGradient)
    tape.record(() => {
      if (copies.gradient === 0) return;
      const target = tape.gradientOf(n);
      kernel.execute('gatherBackward', copies.gradient, target, places, n.rows, n.columns, chosen);
    });
  return copies;
}

/** Every expert on its rows: down(act(gate x, up x)). */
function runExperts(
  tape: Tape,
  x: Variable,
  experts: readonly (ExpertWeights | null)[],
  ranges: readonly RowRange[],
  clamp: Clamp,
): Variable {
  const { kernel } = tape;
  const present = experts.flatMap((expert, i) => (expert === null ? [] : [{ expert, range: ranges[i] }]));
  const width = present[0].expert.gate.weight.rows;
  const isTrained = (expert: ExpertWeights) =>
    [expert.gate, expert.up, expert.down].some(
      ({ weight, bias }) => weight.needsGradient || (bias?.needsGradient ?? false),
    );
  const needsGradient = x.needsGradient || present.some(({ expert }) => isTrained(expert));
  const [gate, up, hidden] = [0, 1, 2].map(() => tape.variable(x.rows, width, needsGradient));
  const output = tape.variable(x.rows, x.columns, needsGradient);
  const activation = (out: number) => [gate.address, up.address, out, x.rows * width];
  const shape = [float(clamp?.limit ?? 0), float(clamp?.alpha ?? 1)];
  for (const { expert, range } of present) {
    project(tape, x, expert.gate, gate, range, false);
    project(tape, x, expert.up, up, range, false);
  }
  kernel.execute('activate', ...activation(hidden.address), ...shape);
  for (const { expert, range } of present) project(tape, hidden, expert.down, output, range, false);
  if (!needsGradient) return output;
  tape.record(() => {
    if (output.gradient === 0) return;
    // Where nothing before the experts learns, only the rows of those that do are followed back.
    const followed = present.filter(({ expert }) => x.needsGradient || isTrained(expert));
    for (const { expert, range } of followed) projectBackward(tape, hidden, expert.down, output, range);
    const gradients = [tape.gradientOf(gate), tape.gradientOf(up)];
    const dHidden = tape.gradientOf(hidden);
    for (const { range } of followed)
      backActivation(tape, [gate, up], dHidden, width, range, shape, gradients);
    for (const { expert, range } of followed) {
      projectBackward(tape, x, expert.gate, gate, range);
      projectBackward(tape, x, expert.up, up, range);
    }
  });
  return output;
}

/** Gradients of gate and up for some rows. */
function backActivation(
  { kernel }: Tape,
  [gate, up]: readonly Variable[],
  dHidden: number,
  width: number,
  { first, count }: RowRange,
  shape: readonly { readonly float: number }[],
  [dGate, dUp]: readonly number[],
): void {
  const skip = first * width * 4;
  kernel.execute(
    'activateBackward',
    ...[gate.address + skip, up.address + skip, dHidden + skip, count * width],
    ...shape,
    ...[dGate + skip, dUp + skip],
  );
}
