import { encodeTensorBlock } from '../../experts/tensorblock/index.js';
import type { BlockContent } from './block-values.js';
import { cosineByNeurons, neuronsOf, type Neurons } from './neurons.js';

const [HIDDEN, COUNT, SALT] = [40, 64, 7];
const NAMES = ['gate', 'up', 'down'] as const;

/** An expert as one row for each neuron: its gate, its up and its down. */
type Rows = readonly Readonly<Record<(typeof NAMES)[number], readonly number[]>>[];

/** Values that are unlike those of any other seed. */
function expert(seed: number): Rows {
  const value = (n: number, part: number, k: number) =>
    Math.sin((n * 131 + part * 977 + k * 13 + 1) * (k + 7) * seed);
  const list = (n: number, part: number) => Array.from({ length: HIDDEN }, (_, k) => value(n, part, k));
  return Array.from({ length: COUNT }, (_, n) => ({ gate: list(n, 0), up: list(n, 1), down: list(n, 2) }));
}

/** What a training leaves, or a hand that wants to hide something: so much of another expert on top. */
function changed(rows: Rows, seed: number, by: number): Rows {
  const other = expert(seed);
  const sum = (n: number, name: (typeof NAMES)[number]) =>
    rows[n][name].map((value, k) => value + by * other[n][name][k]);
  return rows.map((_, n) => ({ gate: sum(n, 'gate'), up: sum(n, 'up'), down: sum(n, 'down') }));
}

/** The same neurons in another order. */
const reordered = (rows: Rows): Rows => rows.map((_, n) => rows[(n * 27 + 5) % COUNT]);

/** The same function with up and down of other sizes and signs. */
const rescaled = (rows: Rows): Rows =>
  rows.map(({ gate, up, down }, n) => {
    const factor = (n % 2 === 0 ? -1 : 1) * (1 + n / 8);
    return { gate, up: up.map((value) => value * factor), down: down.map((value) => value / factor) };
  });

function content(rows: Rows, dtype: 'f32' | 'int8' = 'f32'): BlockContent {
  const tensors = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const name of NAMES) {
    const [height, width] = name === 'down' ? [HIDDEN, COUNT] : [COUNT, HIDDEN];
    const at = (r: number, c: number) => (name === 'down' ? rows[c].down[r] : rows[r][name][c]);
    const values = Float32Array.from({ length: height * width }, (_, i) =>
      at(Math.floor(i / width), i % width),
    );
    const part = encodeTensorBlock({ dtype, layout: 'rowMajor', rows: height, columns: width }, values);
    tensors.push({ name, offset, length: part.length, rows: height, columns: width, dtype });
    parts.push(part);
    offset += part.length;
  }
  return { payload: Buffer.concat(parts), tensors } as unknown as BlockContent;
}

const neurons = (rows: Rows, dtype?: 'f32' | 'int8'): Neurons => neuronsOf(content(rows, dtype), SALT)!;

describe('experts compared by neurons', () => {
  const origin = expert(1);
  const trained = changed(origin, 2, 0.02);
  const likeness = (a: Rows, b: Rows, from: Rows | null = null, dtype?: 'f32' | 'int8') =>
    cosineByNeurons(neurons(a, dtype), neurons(b, dtype), from && neurons(from, dtype), SALT);

  it('are the same whatever the order, the size and the sign of their neurons', () => {
    expect(likeness(reordered(trained), trained)).toBeCloseTo(1, 5);
    expect(likeness(reordered(rescaled(trained)), trained)).toBeCloseTo(1, 5);
    expect(likeness(changed(reordered(rescaled(trained)), 3, 0.1), trained)).toBeGreaterThan(0.95);
  });

  it('are told by what was changed of a common one, in any order of either', () => {
    expect(likeness(reordered(trained), trained, origin)).toBeGreaterThan(0.99);
    expect(likeness(trained, reordered(trained), origin)).toBeGreaterThan(0.99);
    expect(likeness(changed(reordered(trained), 5, 0.002), trained, origin)).toBeGreaterThan(0.95);
    // In another order down is rounded otherwise, as much as a training changes.
    const uneven = rescaled(origin);
    const little = rescaled(changed(origin, 2, 0.02));
    expect(likeness(reordered(little), little, uneven, 'int8')).toBeGreaterThan(0.95);
  });

  it('are others where they were trained apart, or come from elsewhere', () => {
    expect(likeness(changed(origin, 4, 0.02), trained, origin)).toBeLessThan(0.5);
    expect(likeness(reordered(changed(origin, 4, 0.02)), trained, origin)).toBeLessThan(0.5);
    expect(likeness(expert(6), trained)).toBeLessThan(0.7);
    // Two repairs of neurons that were lost have nothing in common, whatever the others are like.
    const nothing = Array.from({ length: HIDDEN }, () => 0);
    const lost = { gate: nothing, up: nothing, down: nothing };
    const damaged = origin.map((neuron, n) => (n % 2 === 0 ? neuron : lost));
    expect(likeness(changed(damaged, 4, 0.5), changed(damaged, 5, 0.5), damaged)).toBeLessThan(0.2);
  });

  it('are read of experts alone', () => {
    const { payload, tensors } = content(origin);
    expect(neuronsOf({ payload, tensors: tensors.slice(0, 2) }, SALT)).toBeNull();
    const odd = tensors.map((entry) => (entry.name === 'up' ? { ...entry, rows: COUNT - 1 } : entry));
    expect(neuronsOf({ payload, tensors: odd }, SALT)).toBeNull();
  });
});
