import type { ShapeTree } from './shape-tree.js';

/** Neighbouring groups of digits that may be one number: `4111 1111 1111 1111`, `123-45-6789`. */
export interface DigitWindow {
  readonly start: number;
  readonly end: number;
  /** Lengths of the groups, such as `3-2-4`. */
  readonly shape: string;
  /** What stands between the groups if it is always the same, `mixed` otherwise, empty for one group. */
  readonly separator: string;
  readonly digits: string;
}

/** Starts and ends of all groups of digits of a text, and the first group that is not joined to those before it. */
interface Groups {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly runEnds: readonly number[];
}

const ONE = new Set([' ', '.', '-', '/']);
const SEVERAL = new Set([') ', ')-', ' - ', ') - ', ' / ']);
const LONGEST_SEPARATOR = 4;
/** A longer row of groups is a table or a sequence: there a number is one group. */
const MOST_JOINED = 12;

/**
 * The windows whose shape is in the tree, by their start, longest first. One pass over the text; at each group the tree is
 * followed for as many groups as its longest shape has, so the time is linear.
 */
export function* digitWindows(text: string, shapes: ShapeTree): Generator<DigitWindow, void> {
  const groups = groupsOf(text);
  const { starts, ends, runEnds } = groups;
  let runStart = 0;
  for (let first = 0; first < starts.length; first++) {
    if (first === runEnds[runStart]) runStart = first;
    const table = runEnds[runStart] - runStart > MOST_JOINED;
    const stop = table ? first + 1 : runEnds[runStart];
    const found: DigitWindow[] = [];
    let node = shapes.after(ends[first] - starts[first]);
    for (let last = first; node !== undefined; node = shapeAfter(node, groups, last)) {
      if (node.shape !== null) found.push(windowOf(text, groups, first, last, node.shape));
      if (++last >= stop) break;
    }
    for (let i = found.length - 1; i >= 0; i--) yield found[i];
  }
}

function shapeAfter(node: ShapeTree, { starts, ends }: Groups, group: number): ShapeTree | undefined {
  return node.after(ends[group] - starts[group]);
}

function windowOf(
  text: string,
  { starts, ends }: Groups,
  first: number,
  last: number,
  shape: string,
): DigitWindow {
  const [start, end] = [starts[first], ends[last]];
  let digits = text.slice(start, ends[first]);
  let separator = '';
  for (let i = first + 1; i <= last; i++) {
    const between = text.slice(ends[i - 1], starts[i]);
    if (i === first + 1) separator = between;
    else if (separator !== between) separator = 'mixed';
    digits += text.slice(starts[i], ends[i]);
  }
  return { start, end, shape, separator, digits };
}

function groupsOf(text: string): Groups {
  const starts: number[] = [];
  const ends: number[] = [];
  let inside = false;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0;
    const digit = code >= 48 && code <= 57;
    if (digit === inside) continue;
    (digit ? starts : ends).push(i);
    inside = digit;
  }
  return { starts, ends, runEnds: runEndsOf(text, starts, ends) };
}

/** Written at the first group of every run only. */
function runEndsOf(text: string, starts: readonly number[], ends: readonly number[]): number[] {
  const runEnds = new Array<number>(starts.length).fill(0);
  let runStart = 0;
  for (let i = 1; i <= starts.length; i++) {
    if (i < starts.length && joins(text, ends[i - 1], starts[i])) continue;
    runEnds[runStart] = i;
    runStart = i;
  }
  return runEnds;
}

function joins(text: string, end: number, start: number): boolean {
  if (start - end === 1) return ONE.has(text[end]);
  return start - end <= LONGEST_SEPARATOR && SEVERAL.has(text.slice(end, start));
}
