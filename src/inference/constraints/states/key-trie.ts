import { utf8ToBytes } from '../../../common/hash.js';

/** A prefix of the names of an object's properties, as they are written in JSON. */
export interface KeyPlace {
  readonly id: number;
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
  const create = (): GrowingPlace => ({ id: places++, next: new Map(), property: -1, below: [] });
  const root = create();
  names.forEach((name, property) => {
    let place = root;
    place.below.push(property);
    for (const byte of utf8ToBytes(JSON.stringify(name).slice(1, -1))) {
      let next = place.next.get(byte);
      if (next === undefined) place.next.set(byte, (next = create()));
      next.below.push(property);
      place = next;
    }
    place.property = property;
  });
  return root;
}
