import { unwrap } from '../../common/index.js';
import type { TensorEntry } from '../../experts/index.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import type { BlockContent } from './block-values.js';

/**
 * Samples of an expert's neurons. Neuron n of down(activation(gate x) * up x) is row n of gate and up and column n of down: the neurons
 * may stand in any order, and up may be so much larger, or negative, as down is smaller, without changing what the expert computes.
 */
export interface Neurons {
  readonly count: number;
  /** Samples of each neuron's gate, up and down, one after the other; up and down scaled to the same length. */
  readonly values: Float32Array;
  /** The same with gate of length one, and up and down together of length one. */
  readonly units: Float32Array;
  /** Samples of each of the three. */
  readonly width: number;
}

/** Samples of a neuron's gate, up and down each. */
const MOST_WIDTH = 24;
/** Neurons that a comparison looks for in the other expert, and pairs it looks at. */
const MOST_SOUGHT = 256;
const MOST_PAIRS = 2 ** 20;
/** Likeness, of 2, from which a neuron is another one's at another place, and from which its own place is not doubted. */
const [ALIKE, THE_SAME] = [1, 1.8];

/** The neurons of an expert; null for a block that has none. @param salt decides which of their weights are looked at */
export function neuronsOf(content: BlockContent, salt: number): Neurons | null {
  const [gate, up, down] = ['gate', 'up', 'down'].map((name) => partOf(content, name));
  if (gate === null || up === null || down === null) return null;
  const [count, hidden] = [gate.entry.rows, gate.entry.columns];
  const fits = up.entry.rows === count && up.entry.columns === hidden;
  if (!fits || down.entry.rows !== hidden || down.entry.columns !== count) return null;
  const width = Math.min(hidden, MOST_WIDTH);
  const places = Array.from({ length: width }, (_, k) => (salt + Math.floor((k * hidden) / width)) % hidden);
  const values = new Float32Array(count * width * 3);
  for (let n = 0; n < count; n++) {
    const at = n * width * 3;
    places.forEach((place, k) => {
      values[at + k] = gate.block.at(n, place);
      values[at + width + k] = up.block.at(n, place);
      values[at + 2 * width + k] = down.block.at(place, n);
    });
    balance(values.subarray(at + width, at + 2 * width), values.subarray(at + 2 * width, at + 3 * width));
  }
  return { count, values, units: unitsOf(values, width), width };
}

/**
 * The cosine of two experts, or of their differences from a third, by neurons: each one of some of the first beside the one of the others
 * that is most like it. Where most of them were found at another place, that of gate and up alone counts if it is larger: another order
 * moves the rounding of down. 0 where one has no length.
 */
export function cosineByNeurons(a: Neurons, b: Neurons, from: Neurons | null, salt: number): number {
  if (a.width !== b.width) return 0;
  const sought = soughtIn(a, b, salt);
  const [inB, inFrom] = [b, from].map((other) => other && match(a, sought, other));
  const { width } = a;
  const sums = [0, 1, 2].map(() => ({ product: 0, lengthA: 0, lengthB: 0 }));
  sought.forEach((n, i) => {
    const other = inB![i];
    const origin = inFrom?.[i];
    sums.forEach((sum, part) => {
      const [signB, signFrom] = part === 0 ? [1, 1] : [other.sign, origin?.sign ?? 1];
      for (let k = 0; k < width; k++) {
        const at = part * width + k;
        const zero = origin === undefined ? 0 : signFrom * from!.values[origin.neuron * width * 3 + at];
        const x = a.values[n * width * 3 + at] - zero;
        const y = signB * b.values[other.neuron * width * 3 + at] - zero;
        sum.product += x * y;
        sum.lengthA += x * x;
        sum.lengthB += y * y;
      }
    });
  });
  const moved = sought.filter((n, i) => inB![i].neuron !== n).length;
  const whole = cosineOf(sums);
  return moved * 2 > sought.length ? Math.max(whole, cosineOf(sums.slice(0, 2))) : whole;
}

interface Sums {
  readonly product: number;
  readonly lengthA: number;
  readonly lengthB: number;
}

function cosineOf(sums: readonly Sums[]): number {
  const [product, a, b] = (['product', 'lengthA', 'lengthB'] as const).map((name) =>
    sums.reduce((total, sum) => total + sum[name], 0),
  );
  return a > 0 && b > 0 ? product / Math.sqrt(a * b) : 0;
}

/** Where a neuron was found, and whether its up and down have the other sign. */
interface Found {
  readonly neuron: number;
  readonly sign: 1 | -1;
}

/** The neuron of `b` that is most like each sought one; the one at its own place where none is like it. */
function match(a: Neurons, sought: readonly number[], b: Neurons): Found[] {
  return sought.map((n) => {
    let best = n < b.count ? n : 0;
    let most = likeness(a, n, b, best);
    if (most < THE_SAME)
      for (let other = 0; other < b.count; other++) {
        const likely = likeness(a, n, b, other);
        if (likely > Math.max(most, ALIKE)) [best, most] = [other, likely];
      }
    return { neuron: best, sign: restOf(a, n, b, best) < 0 ? -1 : 1 };
  });
}

/** Between -1 and 2: the cosine of both gates, and that of both others without its sign. */
function likeness(a: Neurons, n: number, b: Neurons, other: number): number {
  return dot(a, n, b, other, 0, a.width) + Math.abs(restOf(a, n, b, other));
}

function restOf(a: Neurons, n: number, b: Neurons, other: number): number {
  return dot(a, n, b, other, a.width, 3 * a.width);
}

function dot(a: Neurons, n: number, b: Neurons, other: number, first: number, end: number): number {
  const [atA, atB] = [n * a.width * 3, other * a.width * 3];
  let sum = 0;
  for (let k = first; k < end; k++) sum += a.units[atA + k] * b.units[atB + k];
  return sum;
}

/** Evenly spread neurons from a place that the salt decides; fewer of an expert that has very many. */
function soughtIn({ count }: Neurons, b: Neurons, salt: number): number[] {
  const most = Math.max(1, Math.min(count, MOST_SOUGHT, Math.floor(MOST_PAIRS / b.count)));
  return Array.from({ length: most }, (_, i) => (salt + Math.floor((i * count) / most)) % count);
}

function partOf(
  { payload, tensors }: BlockContent,
  name: string,
): { entry: TensorEntry; block: TensorBlock } | null {
  const entry = tensors.find((tensor) => tensor.name === name);
  if (entry === undefined) return null;
  const bytes = payload.subarray(entry.offset, entry.offset + entry.length);
  return { entry, block: unwrap(TensorBlock.decode(bytes)) };
}

function balance(up: Float32Array, down: Float32Array): void {
  const [before, after] = [lengthOf(up), lengthOf(down)];
  if (before === 0 || after === 0) return;
  const factor = Math.sqrt(after / before);
  scale(up, factor);
  scale(down, 1 / factor);
}

function unitsOf(values: Float32Array, width: number): Float32Array {
  const units = Float32Array.from(values);
  for (let at = 0; at < units.length; at += 3 * width)
    for (const part of [units.subarray(at, at + width), units.subarray(at + width, at + 3 * width)]) {
      const length = lengthOf(part);
      if (length > 0) scale(part, 1 / length);
    }
  return units;
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function scale(values: Float32Array, factor: number): void {
  values.forEach((value, i) => (values[i] = value * factor));
}
