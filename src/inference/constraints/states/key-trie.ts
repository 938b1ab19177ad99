import { utf8ToBytes } from '../../../common/hash.js';
import { BOUNDARY, nextUtf8, REST_OF_UTF8 } from './utf8.js';

const [SPACE, QUOTE, BACKSLASH, DELETE, LAST_BYTE] = [0x20, 0x22, 0x5c, 0x7f, 0xf4];
/** Within an escape, which no name has that is not listed. */
const ESCAPED = -1;

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
  /** Bytes that are enough to go on to a name, without escapes, that is none of the listed ones. */
  readonly unlisted: number;
}

interface GrowingPlace extends KeyPlace {
  readonly next: Map<number, GrowingPlace>;
  readonly below: number[];
  /** Where the prefix stops within a character. */
  readonly utf8: number;
  property: number;
  unlisted: number;
}

/** The names of properties. */
export interface KeyTrie {
  readonly root: KeyPlace;
  /** The greatest `unlisted` of a prefix of whole characters. */
  readonly mostUnlisted: number;
}

/** The names of properties by their bytes; property number i has the i-th name. */
export function keyTrie(names: readonly string[]): KeyTrie {
  const places: GrowingPlace[] = [];
  const create = (length: number, utf8: number): GrowingPlace => {
    const rest = { next: new Map<number, GrowingPlace>(), property: -1, below: [], unlisted: Infinity };
    const place = { id: places.length, length, utf8, ...rest };
    places.push(place);
    return place;
  };
  const root = create(0, BOUNDARY);
  names.forEach((name, property) => {
    let place = root;
    place.below.push(property);
    for (const byte of utf8ToBytes(JSON.stringify(name).slice(1, -1))) {
      let next = place.next.get(byte);
      if (next === undefined)
        place.next.set(byte, (next = create(place.length + 1, behind(place.utf8, byte))));
      next.below.push(property);
      place = next;
    }
    place.property = property;
  });
  // A place stands behind the one it goes on from.
  let mostUnlisted = 0;
  for (const place of places.reverse()) {
    place.unlisted = unlistedBehind(place);
    if (place.utf8 === BOUNDARY) mostUnlisted = Math.max(mostUnlisted, place.unlisted);
  }
  return { root, mostUnlisted };
}

function behind(utf8: number, byte: number): number {
  return utf8 === ESCAPED || byte === QUOTE || byte === BACKSLASH ? ESCAPED : nextUtf8(utf8, byte);
}

/** As `KeyPlace` says, the places behind this one being counted. The byte 0x7f is left out: not every model has a token for it. */
function unlistedBehind({ utf8, property, next }: GrowingPlace): number {
  if (utf8 === ESCAPED) return Infinity;
  if (utf8 === BOUNDARY && property < 0) return 0;
  let least = Infinity;
  for (let byte = SPACE; byte <= LAST_BYTE && least > 1; byte++) {
    const state = byte === DELETE ? ESCAPED : behind(utf8, byte);
    if (state !== ESCAPED) least = Math.min(least, 1 + (next.get(byte)?.unlisted ?? REST_OF_UTF8[state]));
  }
  return least;
}
