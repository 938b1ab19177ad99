import { checkData, dataFigures, dataNotes, type LookedThrough } from './shown-data.js';

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `key ${from + i}`);
const set = (block: string, found: readonly string[], named = false): LookedThrough => ({
  ...{ block, named },
  found: new Set(found),
});
const codeOf = (
  sets: readonly LookedThrough[],
  approvedOnly: boolean,
  named: readonly string[] = sets.filter((each) => each.named).map(({ block }) => block),
) => {
  const found = checkData(dataFigures(keys(0, 100), sets), { named, approvedOnly });
  return found.ok ? null : found.error.code;
};

describe('the data of a training', () => {
  it('count for the oldest set that has them', () => {
    const sets = [
      set('gold', keys(0, 30)),
      set('copy', keys(10, 60), true),
      set('none', [], true),
      set('other', keys(200, 300)),
    ];
    expect(dataFigures(keys(0, 100), sets)).toEqual({
      ...{ documents: 100, named: 50, unnamed: 10 },
      sets: [
        { block: 'copy', documents: 50, first: 30 },
        { block: 'none', documents: 0, first: 0 },
        { block: 'gold', documents: 30, first: 30 },
      ],
    });
  });

  it('are told of a bounded number of sets', () => {
    const sets = Array.from({ length: 200 }, (_, i) => set(`set ${i}`, keys(0, 1 + (i % 7)), i === 199));
    const { sets: told } = dataFigures(keys(0, 10), sets);
    expect(told).toHaveLength(128);
    expect(told[0].block).toBe('set 199');
  });

  it('stand in the named sets where approved data alone are taken, all but a few', () => {
    expect(codeOf([set('gold', keys(0, 95), true)], true)).toBeNull();
    expect(codeOf([set('gold', keys(0, 94), true)], true)).toBe('AUDIT_DATASETS');
    expect(codeOf([set('gold', keys(0, 50), true), set('more', keys(50, 100), true)], true)).toBeNull();
    expect(codeOf([set('gold', [], true)], true)).toBe('AUDIT_DATASETS');
  });

  it('are refused where they stand in approved sets that are not named', () => {
    const others = [set('gold', keys(0, 60), true), set('silver', keys(50, 100))];
    expect(codeOf(others, true)).toBe('AUDIT_DATASET_UNNAMED');
    expect(codeOf([others[0], set('silver', keys(60, 90))], true)).toBe('AUDIT_DATASETS');
    expect(codeOf(others, false)).toBeNull();
  });

  it("may be of one's own beside those of a named set elsewhere, but not instead of them", () => {
    expect(codeOf([set('gold', keys(0, 10), true)], false)).toBeNull();
    expect(codeOf([set('gold', keys(0, 9), true)], false)).toBe('AUDIT_DATASETS');
    expect(codeOf([set('gold', keys(0, 100))], false)).toBeNull();
    expect(codeOf([], true, [])).toBe('AUDIT_DATASETS');
  });

  it('are noted where they are not as they are named', () => {
    const notesOf = (...sets: LookedThrough[]) =>
      dataNotes(dataFigures(keys(0, 100), sets), ['gold', 'empty']);
    expect(notesOf(set('gold', keys(0, 100), true))).toEqual([]);
    expect(notesOf(set('gold', keys(0, 60), true), set('silver', keys(0, 70)))).toEqual([
      {
        code: 'DATASET_UNNAMED',
        detail: '10 of 100 shown documents stand in approved datasets that are not named',
      },
    ]);
    expect(notesOf(set('gold', keys(0, 100), true), set('empty', [], true))).toEqual([
      { code: 'DATASET_NOT_SHOWN', detail: 'none of the shown documents stands in empty' },
    ]);
  });
});
