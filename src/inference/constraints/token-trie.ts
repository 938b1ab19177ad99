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

  private constructor(
    private readonly sorted: Uint32Array,
    nodes: { bytes: number[]; depths: number[]; first: number[] },
  ) {
    this.bytes = Uint8Array.from(nodes.bytes);
    this.depths = Uint8Array.from(nodes.depths);
    this.first = Uint32Array.from([...nodes.first, sorted.length]);
    this.ends = subtreeEnds(this.depths);
  }

  /** @param ids of tokens with at least one byte and at most `LONGEST_TOKEN` */
  static of({ bytes, offsets }: Vocabulary, ids: readonly number[]): TokenTrie {
    const token = (id: number) => bytes.subarray(offsets[id], offsets[id + 1]);
    const sorted = Uint32Array.from(ids).sort(
      (a, b) => compare(bytes, offsets[a], offsets[a + 1], offsets[b], offsets[b + 1]) || a - b,
    );
    const nodes = { bytes: [] as number[], depths: [] as number[], first: [] as number[] };
    let before: Uint8Array = new Uint8Array(0);
    sorted.forEach((id, place) => {
      const bytes = token(id);
      for (let depth = sharedLength(before, bytes); depth < bytes.length; depth++) {
        nodes.bytes.push(bytes[depth]);
        nodes.depths.push(depth);
        nodes.first.push(place);
      }
      before = bytes;
    });
    return new TokenTrie(sorted, nodes);
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

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
