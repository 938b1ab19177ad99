import { utf8ToBytes } from '../../../common/hash.js';
import { BOUNDARY, nextUtf8, REST_OF_UTF8 } from './utf8.js';

const [SPACE, QUOTE, BACKSLASH, LAST_BYTE] = [0x20, 0x22, 0x5c, 0xf4];

/** A prefix of the names of an object's properties, as they are written in JSON. */
export interface KeyPlace {
  readonly id: number;
  /** Bytes of the prefix. */
  readonly length: number;
  readonly next: ReadonlyMap<number, KeyPlace>;
  /** Number of the property whose name this is; -1 = none. */
  readonly property: number;
  /** Numbers of the properties whose names begin so, ascending. */
  readonly below: readonly number[];
}

interface GrowingPlace extends KeyPlace {
  readonly next: Map<number, GrowingPlace>;
  readonly below: number[];
  property: number;
}

/** The names of properties by their bytes; property number i has the i-th name. */
export function keyTrie(names: readonly string[]): KeyPlace {
  let places = 0;
  const create = (length: number): GrowingPlace => ({
    id: places++,
    length,
    next: new Map(),
    property: -1,
    below: [],
  });
  const root = create(0);
  names.forEach((name, property) => {
    let place = root;
    place.below.push(property);
    for (const byte of utf8ToBytes(JSON.stringify(name).slice(1, -1))) {
      let next = place.next.get(byte);
      if (next === undefined) place.next.set(byte, (next = create(place.length + 1)));
      next.below.push(property);
      place = next;
    }
    place.property = property;
  });
  return root;
}

/**
 * Bytes that are enough to make a name of a prefix that is none of the listed ones, without escapes.
 * @param place of the prefix; null = no listed name begins so
 * @param utf8 where the prefix stops within a character
 */
export function restOfUnlisted(place: KeyPlace | null, utf8: number): number {
  if (place === null) return REST_OF_UTF8[utf8];
  if (utf8 === BOUNDARY && place.property < 0) return 0;
  let least = Infinity;
  const listed: [KeyPlace, number][] = [];
  for (let byte = SPACE; byte <= LAST_BYTE; byte++) {
    const state = byte === QUOTE || byte === BACKSLASH ? -1 : nextUtf8(utf8, byte);
    if (state < 0) continue;
    const next = place.next.get(byte);
    if (next === undefined) least = Math.min(least, 1 + REST_OF_UTF8[state]);
    else listed.push([next, state]);
  }
  for (const [next, state] of listed) {
    if (least === 1) break;
    least = Math.min(least, 1 + restOfUnlisted(next, state));
  }
  return least;
}
