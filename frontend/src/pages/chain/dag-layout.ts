import type { GraphAnswer, GraphNode } from '../../api/chain.js';

/** A block with its place in the picture, px. */
export interface PlacedNode extends GraphNode {
  readonly x: number;
  readonly y: number;
  readonly kind: 'release' | 'document' | 'dense' | 'router' | 'expert' | 'other';
}

/** One release's column. `inherited` are the places of blocks that an earlier release introduced. */
export interface ReleaseColumn {
  readonly release: GraphNode | null;
  readonly x: number;
  readonly inherited: readonly { readonly x: number; readonly y: number }[];
}

/** Everything the picture draws. */
export interface DagLayout {
  readonly width: number;
  readonly height: number;
  /** Height of the time axis. */
  readonly axis: number;
  readonly columns: readonly ReleaseColumn[];
  /** Centres of the slots of a column, from its left edge, with what stands in them. */
  readonly slots: readonly { readonly label: string; readonly x: number }[];
  readonly rows: readonly { readonly label: string; readonly y: number }[];
  readonly nodes: readonly PlacedNode[];
}

const LEFT = 76;
const TOP = 112;
const ROW = 27;
const GAP = 64;
const AXIS = 48;
const NARROWEST_SLOT = 20;
const WIDEST_SLOT = 72;
/** Height under the last row for the captions of the slots. */
const FOOT = 26;
/** Slots before the experts: attention and router. */
const DENSE_SLOTS = 2;

/**
 * Places blocks: one column per release along time, in it one row per layer with attention, router and experts in fixed
 * slots; a block stands in the column of the release that introduced it. Blocks of no release get a last column.
 * @param room width to fill where there is little to draw, px
 */
export function layoutDag({ nodes, edges }: GraphAnswer, room: number): DagLayout {
  const parents = parentMap(edges);
  const releases = nodes.filter((node) => node.type === 'release').sort((a, b) => a.index - b.index);
  const weights = nodes.filter((node) => node.chain === 'B');
  const slots = 1 + Math.max(DENSE_SLOTS - 1, ...weights.map((node) => place(node).slot));
  const layers = 1 + Math.max(-1, ...weights.map((node) => node.layer ?? -1));
  const spare = (room - LEFT) / Math.max(1, releases.length) - GAP;
  const slotWidth = Math.min(WIDEST_SLOT, Math.max(NARROWEST_SLOT, Math.floor(spare / slots)));
  const columnWidth = slots * slotWidth + GAP;
  const seen = new Set<string>();
  const placed: PlacedNode[] = [];
  const columns = releases.map((release, number): ReleaseColumn => {
    const x = LEFT + number * columnWidth;
    const own = nodes.filter((node) => node !== release && parents.get(release.hash)?.has(node.hash));
    const fresh = own.filter((node) => !seen.has(node.hash) && node.type !== 'release');
    placed.push(
      { ...release, x: x + 4, y: AXIS, kind: 'release' },
      ...fresh.map((node, i) => placeIn(node, x, i, slotWidth)),
    );
    const inherited = own
      .filter((node) => node.chain === 'B' && seen.has(node.hash))
      .map((node) => at(node, x, slotWidth));
    fresh.forEach((node) => seen.add(node.hash));
    return { release, x, inherited };
  });
  const loose = nodes.filter((node) => node.type !== 'release' && !seen.has(node.hash));
  if (loose.length > 0) {
    const x = LEFT + columns.length * columnWidth;
    placed.push(...loose.map((node, i) => placeIn(node, x, i, slotWidth)));
    columns.push({ release: null, x, inherited: [] });
  }
  const rows = [
    { label: 'whole', y: TOP },
    ...Array.from({ length: layers }, (_, layer) => ({
      label: `layer ${layer}`,
      y: TOP + (layer + 1) * ROW,
    })),
  ];
  return {
    width: LEFT + columns.length * columnWidth,
    height: TOP + layers * ROW + FOOT,
    axis: AXIS,
    slots: Array.from({ length: slots }, (_, slot) => ({
      label: ['attention', 'router'][slot] ?? String(slot - DENSE_SLOTS),
      x: slotX(slot, slotWidth),
    })),
    columns,
    rows,
    nodes: placed,
  };
}

function parentMap(edges: GraphAnswer['edges']): Map<string, Set<string>> {
  const parents = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    const known = parents.get(from);
    if (known === undefined) parents.set(from, new Set([to]));
    else known.add(to);
  }
  return parents;
}

function place(node: GraphNode): { readonly slot: number; readonly row: number } {
  const expert = /\.expert(\d+)$/.exec(node.name ?? '');
  const row = node.layer === null ? 0 : node.layer + 1;
  if (expert !== null) return { slot: DENSE_SLOTS + Number(expert[1]), row };
  return { slot: node.type === 'router' || node.name === 'head' ? 1 : 0, row };
}

function at(node: GraphNode, x: number, slotWidth: number): { readonly x: number; readonly y: number } {
  const { slot, row } = place(node);
  return { x: x + slotX(slot, slotWidth), y: TOP + row * ROW };
}

function slotX(slot: number, slotWidth: number): number {
  return 26 + slot * slotWidth + (slot >= DENSE_SLOTS ? 8 : 0);
}

/** Documents (architecture, tokenizer) stand beside their release, weights in their slots. */
function placeIn(node: GraphNode, x: number, order: number, slotWidth: number): PlacedNode {
  if (node.chain !== 'B')
    return {
      ...node,
      x: x + 26 + (node.type === 'tokenizer' ? 1 : 0) * slotWidth,
      y: AXIS + 32,
      kind: 'document',
    };
  const kind =
    node.type === 'expert' || node.type === 'router' || node.type === 'dense' ? node.type : 'other';
  return {
    ...node,
    ...at(node, x, slotWidth),
    ...(kind === 'other' ? { x: x + 26 + order * slotWidth } : {}),
    kind,
  };
}
