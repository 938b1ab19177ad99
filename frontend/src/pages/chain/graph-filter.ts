import type { GraphAnswer } from '../../api/chain.js';

/** The blocks of a type whose name or hash contains a text, with the edges among them.. */
export function filterGraph(graph: GraphAnswer, type: string, text: string): GraphAnswer {
  const wanted = text.trim().toLowerCase();
  if (type === '' && wanted === '') return graph;
  const nodes = graph.nodes.filter(
    (node) =>
      (type === '' || node.type === type) &&
      (wanted === '' || node.hash.includes(wanted) || (node.name ?? '').toLowerCase().includes(wanted)),
  );
  const kept = new Set(nodes.map(({ hash }) => hash));
  return { ...graph, nodes, edges: graph.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)) };
}
