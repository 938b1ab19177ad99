/** The values of largest size, by place. */
export interface SparseValues {
  /** Ascending. */
  readonly places: Uint32Array;
  readonly values: Float32Array;
}

/** The `count` values that are farthest from zero; of equals those that come first. */
export function largest(values: Float32Array, count: number): SparseValues {
  const sizes = values.map((value) => Math.abs(value)).sort();
  const least = count === 0 ? Infinity : sizes[sizes.length - count];
  const places = new Uint32Array(count);
  let equals = count - above(sizes, least);
  let found = 0;
  for (let i = 0; i < values.length && found < count; i++) {
    const size = Math.abs(values[i]);
    if (size < least || (size === least && equals-- <= 0)) continue;
    places[found++] = i;
  }
  return { places, values: Float32Array.from(places, (place) => values[place]) };
}

function above(sorted: Float32Array, least: number): number {
  let count = 0;
  for (let i = sorted.length - 1; i >= 0 && sorted[i] > least; i--) count++;
  return count;
}
