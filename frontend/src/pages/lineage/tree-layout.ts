import type { Member } from './family.js';

/** An expert with its place in the picture, px. */
export interface PlacedMember extends Member {
  readonly x: number;
  readonly y: number;
}

/** Everything the picture draws. */
export interface TreeLayout {
  readonly width: number;
  readonly height: number;
  /** The origin of each tree first, then its descendants. */
  readonly nodes: readonly PlacedMember[];
  /** From an expert to one that descends from it. */
  readonly edges: readonly { readonly from: PlacedMember; readonly to: PlacedMember }[];
}

/** Room for the names of the experts. */
const LEFT = 132;
const TOP = 34;
const ROW = 56;
const COLUMN = 170;
/** Room for the caption of the last expert of a row. */
const RIGHT = 70;

/**
 * Places a family: generations from left to right, one row for every line of descent. The first child goes on in the row of
 * its parent, each further one gets a row of its own below. Trees stand in the order of the names of their experts.
 */
export function layoutFamily(members: readonly Member[]): TreeLayout {
  const children = Map.groupBy(
    members.toReversed().filter(({ parent }) => parent !== null),
    ({ parent }) => parent ?? '',
  );
  const nodes: PlacedMember[] = [];
  const edges: { from: PlacedMember; to: PlacedMember }[] = [];
  let rows = 0;
  // By hand, not by recursion: a line of descent may be long.
  const origins = members.filter(({ parent }) => parent === null).sort(byName);
  const waiting = origins
    .toReversed()
    .map((member) => ({ member, depth: 0, parent: null as PlacedMember | null }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { member, depth, parent } = next;
    const goesOn = parent !== null && nodes.at(-1) === parent;
    const row = goesOn ? rows - 1 : rows++;
    const placed = { ...member, x: LEFT + depth * COLUMN, y: TOP + row * ROW };
    nodes.push(placed);
    if (parent !== null) edges.push({ from: parent, to: placed });
    for (const child of (children.get(member.hash) ?? []).toReversed())
      waiting.push({ member: child, depth: depth + 1, parent: placed });
  }
  const right = nodes.reduce((most, { x }) => Math.max(most, x), 0);
  return { width: right + RIGHT, height: TOP + (rows - 1) * ROW + TOP, nodes, edges };
}

function byName(a: Member, b: Member): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true }) || (a.hash < b.hash ? -1 : 1);
}
