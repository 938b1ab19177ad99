import type { LineageStep } from '../../api/lineage.js';
import { ancestryOf, membersOf } from './family.js';
import { layoutFamily } from './tree-layout.js';

const gain = { fall: 0.1, low: 0.05, high: 0.2 };

/** A step that made `block` of `parent`. */
function stepOf(
  name: string,
  parent: string,
  block: string,
  live: readonly string[] = [],
  parent_name: string | null = name,
): LineageStep {
  return {
    ...{ submission_id: `submission_${block}`, author: '02', state: 'released', judged_at: '' },
    blocks: [
      { name, block, parent, parent_name, live: live.includes(block), parent_live: live.includes(parent) },
    ],
    ...{ datasets: [], overall: gain, domains: {}, verdict_block: 'd', release: 'r', version: '1.0.1' },
  };
}

/** Newest first: `o` became `a`, that `b` and then `c`; `b` became `d`. Another expert: `p` became `q`. */
const steps = [
  stepOf('layer2.expert1', 'b', 'd', ['d', 'p']),
  stepOf('layer10.expert0', 'p', 'q', ['d', 'p']),
  stepOf('layer2.expert1', 'a', 'c'),
  stepOf('layer2.expert1', 'a', 'b'),
  stepOf('layer2.expert1', 'o', 'a'),
];

describe('the family of experts', () => {
  it('has everybody once, and origins that nobody has made here', () => {
    const members = membersOf(steps);
    expect(members.map(({ hash }) => hash)).toEqual(['d', 'q', 'c', 'b', 'a', 'p', 'o']);
    expect(members.filter(({ live }) => live).map(({ hash }) => hash)).toEqual(['d', 'p']);
    expect(members.filter(({ step }) => step === null).map(({ hash }) => hash)).toEqual(['p', 'o']);
    expect(membersOf([])).toEqual([]);
  });

  it('calls the origin of a new expert by its own name', () => {
    const members = membersOf([stepOf('layer4.expert8', 'o', 'n', [], 'layer4.expert5')]);
    expect(members.map(({ name }) => name)).toEqual(['layer4.expert8', 'layer4.expert5']);
    const [, origin] = membersOf([stepOf('layer4.expert8', 'o', 'n', [], null)]);
    expect(origin.name).toBe('layer4.expert8');
  });

  it('keeps the newest of two submissions of the same block', () => {
    const again = { ...stepOf('layer2.expert1', 'o', 'a'), submission_id: 'newer' };
    const [member] = membersOf([again, ...steps]);
    expect([member.hash, member.step?.submission_id]).toEqual(['a', 'newer']);
  });

  it('tells a line of descent from its origin on', () => {
    const members = membersOf(steps);
    expect(ancestryOf(members, 'd').map(({ hash }) => hash)).toEqual(['o', 'a', 'b', 'd']);
    expect(ancestryOf(members, 'p').map(({ hash }) => hash)).toEqual(['p']);
    expect(ancestryOf(members, 'nobody')).toEqual([]);
  });

  it('is drawn generation by generation, each line of descent in a row', () => {
    const { nodes, edges, width, height } = layoutFamily(membersOf(steps));
    const columns = [...new Set(nodes.map(({ x }) => x))].toSorted((a, b) => a - b);
    const rows = [...new Set(nodes.map(({ y }) => y))].toSorted((a, b) => a - b);
    const places = nodes.map(({ hash, x, y }) => [hash, columns.indexOf(x), rows.indexOf(y)]);
    // Layer 2 stands before layer 10; of a's children the older one goes on in its row.
    expect(places).toEqual([
      ['o', 0, 0],
      ['a', 1, 0],
      ['b', 2, 0],
      ['d', 3, 0],
      ['c', 2, 1],
      ['p', 0, 2],
      ['q', 1, 2],
    ]);
    expect(edges.map(({ from, to }) => from.hash + to.hash)).toEqual(['oa', 'ab', 'bd', 'ac', 'pq']);
    expect(nodes.every(({ x, y }) => x < width && y < height)).toBe(true);
  });

  it('may be a long one', () => {
    const long = Array.from({ length: 20_000 }, (_, i) => stepOf('layer0.expert0', String(i), String(i + 1)));
    const members = membersOf(long.toReversed());
    expect(layoutFamily(members).nodes.at(-1)?.hash).toBe('20000');
    expect(ancestryOf(members, '20000')).toHaveLength(20_001);
  });
});
