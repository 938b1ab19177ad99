import fc from 'fast-check';
import { topologicalOrder, type DagNode } from './cycle.js';

/** A random DAG: node i depends on some of the nodes before it; then shuffled. */
const dag = fc
  .integer({ min: 0, max: 40 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, i) =>
        fc.subarray(Array.from({ length: i }, (_unused, j) => `n${j}`)),
      ),
    ),
  )
  .map((dependencies) => dependencies.map((before, i): DagNode => ({ hash: `n${i}`, before })))
  .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));

describe('the order of a batch', () => {
  it('puts every block after what it depends on and loses none', () => {
    fc.assert(
      fc.property(dag, (nodes) => {
        const ordered = topologicalOrder(nodes);
        if (!ordered.ok) throw ordered.error;
        const place = new Map(ordered.value.map(({ hash }, i) => [hash, i]));
        expect(place.size).toBe(nodes.length);
        for (const { hash, before } of nodes)
          for (const parent of before) expect(place.get(parent)!).toBeLessThan(place.get(hash)!);
      }),
    );
  });

  it('does not exist once there is a cycle, which is named', () => {
    fc.assert(
      fc.property(dag, fc.integer({ min: 1, max: 5 }), (nodes, length) => {
        const cycle = Array.from({ length }, (_, i): DagNode => ({
          hash: `c${i}`,
          before: [`c${(i + 1) % length}`, 'n0'],
        }));
        const ordered = topologicalOrder([...nodes, ...cycle]);
        expect(ordered).toMatchObject({ ok: false, error: { code: 'BLOCK_CYCLE' } });
        if (!ordered.ok) expect(ordered.error.facts.blocks).toEqual(cycle.map(({ hash }) => hash));
      }),
    );
  });

  it('looks at each block and each dependency a few times, however many there are', () => {
    const length = 40_000;
    let looks = 0;
    const chain = Array.from({ length }, (_, i): DagNode => {
      const before = i === 0 ? [] : [`n${i - 1}`];
      return {
        get hash() {
          looks++;
          return `n${i}`;
        },
        get before() {
          looks++;
          return before;
        },
      };
    });
    expect(topologicalOrder(chain.reverse()).ok).toBe(true);
    expect(looks).toBeLessThan(12 * length);
  });
});
