import fc from 'fast-check';
import type { GraphAnswer, GraphNode } from '../../api/chain.js';
import { layoutDag } from './dag-layout.js';

function node(
  chain: 'A' | 'B',
  type: string,
  name: string,
  index: number,
  layer: number | null = null,
): GraphNode {
  return { hash: `${type}-${name}-${index}`, chain, index, type, name, layer, model: 'm', timestamp: 0 };
}

/** A chain of releases; each after the first replaces the experts whose numbers are given. */
function chainOf(layers: number, experts: number, changes: readonly (readonly number[])[]): GraphAnswer {
  const nodes: GraphNode[] = [node('A', 'meta', 'm', 0), node('A', 'tokenizer', 'm', 1)];
  const edges: { from: string; to: string }[] = [];
  let index = 0;
  const weights = new Map<string, GraphNode>();
  const add = (type: string, name: string, layer: number | null): void => {
    const block = node('B', type, name, index++, layer);
    weights.set(name, block);
    nodes.push(block);
  };
  add('dense', 'embedding', null);
  add('dense', 'head', null);
  for (let layer = 0; layer < layers; layer++) {
    add('dense', `layer${layer}.attention`, layer);
    add('router', `layer${layer}.router`, layer);
    for (let expert = 0; expert < experts; expert++) add('expert', `layer${layer}.expert${expert}`, layer);
  }
  changes.forEach((changed, number) => {
    for (const expert of changed) add('expert', `layer0.expert${expert % experts}`, 0);
    const release = node('A', 'release', 'm', 2 + number);
    nodes.push(release);
    for (const block of [nodes[0], nodes[1], ...weights.values()])
      edges.push({ from: release.hash, to: block.hash });
  });
  return { nodes, edges, truncated: false };
}

describe('the picture of the chain', () => {
  it('hangs each block from the release that introduced it and marks the places it took over', () => {
    const layout = layoutDag(chainOf(2, 4, [[], [1]]), 1000);
    const [first, second] = layout.columns;
    expect([first.inherited.length, second.inherited.length]).toEqual([0, 13]);
    const fresh = layout.nodes.filter(({ x, kind }) => x > second.x && kind !== 'release');
    expect(fresh.map(({ name }) => name)).toEqual(['layer0.expert1']);
  });

  it('never puts two blocks of a column in one place, nor any outside the picture', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 2000 }),
        (layers, experts, releases, room) => {
          const changes = Array.from({ length: releases }, (_, number) => (number === 0 ? [] : [number]));
          const graph = chainOf(layers, experts, changes);
          const layout = layoutDag(graph, room);
          expect(new Set(layout.nodes.map(({ hash }) => hash)).size).toBe(graph.nodes.length);
          const places = layout.nodes.map(({ x, y }) => `${x},${y}`);
          expect(new Set(places).size).toBe(places.length);
          for (const { x, y } of layout.nodes) {
            expect(x).toBeLessThan(layout.width);
            expect(y).toBeLessThan(layout.height);
          }
        },
      ),
    );
  });
});
