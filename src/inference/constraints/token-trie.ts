import { addToken, type TokenSet } from './token-set.js';
import type { State } from './states/state.js';
import type { Vocabulary } from './vocabulary.js';

/** Longest token that a constraint uses, in bytes: what is longer is white space, or rare. */
export const LONGEST_TOKEN = 128;

/** Places followed at once; beyond, the later ones are left out: fewer texts are allowed then, none wrongly. */
export const MOST_PLACES = 64;

/**
 * Some tokens as a tree of their bytes, in the order of a walk: the nodes below node i are those from i + 1 to `ends[i]`, so
 * that a byte that is not allowed skips them all.
 */
export class TokenTrie {
  private readonly bytes: Uint8Array;
  private readonly depths: Uint8Array;
  private readonly ends: Uint32Array;
  /** First place in `sorted` of the tokens that end at a node; the next node's first place ends them. */
  private readonly first: Uint32Array;
  private readonly sorted: Uint32Array;

  /** @param sorted ids as `sortTokens` gives them */
  constructor({ bytes, offsets }: Vocabulary, sorted: Uint32Array) {
    const most = sorted.reduce((sum, id) => sum + offsets[id + 1] - offsets[id], 0);
    const nodes = {
      bytes: new Uint8Array(most),
      depths: new Uint8Array(most),
      first: new Uint32Array(most + 1),
    };
    let count = 0;
    let [before, endBefore] = [0, 0];
    for (let place = 0; place < sorted.length; place++) {
      const [start, end] = [offsets[sorted[place]], offsets[sorted[place] + 1]];
      let depth = 0;
      while (
        before + depth < endBefore &&
        start + depth < end &&
        bytes[before + depth] === bytes[start + depth]
      )
        depth++;
      for (; start + depth < end; depth++, count++) {
        nodes.bytes[count] = bytes[start + depth];
        nodes.depths[count] = depth;
        nodes.first[count] = place;
      }
      [before, endBefore] = [start, end];
    }
    nodes.first[count] = sorted.length;
    this.sorted = sorted;
    this.bytes = nodes.bytes.slice(0, count);
    this.depths = nodes.depths.slice(0, count);
    this.first = nodes.first.slice(0, count + 1);
    this.ends = subtreeEnds(this.depths);
  }

  /**
   * Puts in every token that may follow at a place and that leaves a `need` of at most `most`. Returns the greatest `need` that
   * one of them leaves; negative where there is none.
   */
  collect(place: State, found: TokenSet, most = Infinity): number {
    const { bytes, depths, ends, first, sorted } = this;
    const reached: State[][] = [[place]];
    let greatest = -1;
    for (let node = 0; node < bytes.length;) {
      const depth = depths[node];
      const next = (reached[depth + 1] ??= []);
      next.length = 0;
      for (const from of reached[depth]) from.step(bytes[node], next);
      if (next.length === 0) node = ends[node];
      else {
        if (next.length > 1) reached[depth + 1] = distinct(next);
        const need = first[node] < first[node + 1] ? leastNeed(reached[depth + 1]) : Infinity;
        if (need <= most) {
          for (let i = first[node]; i < first[node + 1]; i++) addToken(found, sorted[i]);
          if (first[node] < first[node + 1]) greatest = Math.max(greatest, need);
        }
        node++;
      }
    }
    return greatest;
  }
}

/** Bytes that are enough to end a text from one of several places. */
export function leastNeed(places: readonly State[]): number {
  let least = Infinity;
  for (const { need } of places) least = Math.min(least, need);
  return least;
}

/** Every place once, in the order of their first appearance, and not too many. */
export function distinct(places: readonly State[]): State[] {
  const byKey = new Map<string, State>();
  for (const place of places) if (!byKey.has(place.key)) byKey.set(place.key, place);
  return [...byKey.values()].slice(0, MOST_PLACES);
}

/** Ids there may be: they are told apart within a number beside the first bytes of their tokens, 53 bits in all. */
export const MOST_IDS = 2 ** 21;
const KEY_BYTES = 4;

/**
 * Tokens in the order of their bytes, a beginning before what it begins, equal ones by id; each with at least one byte and at most
 * `LONGEST_TOKEN`. Sorted as numbers by their first bytes, and compared only where these are equal, as no answer goes on meanwhile.
 */
export function sortTokens({ bytes, offsets }: Vocabulary, ids: Uint32Array): Uint32Array {
  const prefix = (id: number): number => {
    let value = 0;
    for (let at = offsets[id]; at < offsets[id] + KEY_BYTES; at++) {
      value = value * 256 + (at < offsets[id + 1] ? bytes[at] : 0);
    }
    return value;
  };
  const order = (a: number, b: number) =>
    compare(bytes, offsets[a], offsets[a + 1], offsets[b], offsets[b + 1]) || a - b;
  const keys = Float64Array.from(ids, (id) => prefix(id) * MOST_IDS + id).sort();
  const sorted = Uint32Array.from(keys, (key) => key % MOST_IDS);
  for (let from = 0; from < sorted.length;) {
    const value = Math.floor(keys[from] / MOST_IDS);
    let to = from + 1;
    while (to < sorted.length && Math.floor(keys[to] / MOST_IDS) === value) to++;
    if (to - from > 1) sorted.subarray(from, to).sort(order);
    from = to;
  }
  return sorted;
}

function subtreeEnds(depths: Uint8Array): Uint32Array {
  const ends = new Uint32Array(depths.length);
  const open: number[] = [];
  for (let node = 0; node <= depths.length; node++) {
    const depth = node < depths.length ? depths[node] : 0;
    while (open.length > depth) ends[open.pop() as number] = node;
    open.push(node);
  }
  return ends;
}

/** Compares two pieces of `bytes`, from one place to another each; a beginning comes before what it begins. */
function compare(bytes: Uint8Array, a: number, endA: number, b: number, endB: number): number {
  for (let i = 0; a + i < endA && b + i < endB; i++) {
    const difference = bytes[a + i] - bytes[b + i];
    if (difference !== 0) return difference;
  }
  return endA - a - (endB - b);
}
