import { checkData, dataFigures, dataNotes, type LookedThrough, type ShownDocument } from './shown-data.js';

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `key ${from + i}`);
const shown = (from: number, to: number, tokens = 1): ShownDocument[] =>
  keys(from, to).map((key) => ({ key, tokens }));
const set = (block: string, found: readonly string[], named = false): LookedThrough => ({
  ...{ block, named },
  found: new Set(found),
});
const codeOf = (
  sets: readonly LookedThrough[],
  approvedOnly: boolean,
  named: readonly string[] = sets.filter((each) => each.named).map(({ block }) => block),
) => {
  const found = checkData(dataFigures(shown(0, 100), sets), { named, approvedOnly });
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
    expect(dataFigures(shown(0, 100), sets)).toEqual({
      ...{ documents: 100, tokens: 100, named: 50, unnamed: 10 },
      sets: [
        { block: 'copy', tokens: 50, first: 30 },
        { block: 'none', tokens: 0, first: 0 },
        { block: 'gold', tokens: 30, first: 30 },
      ],
    });
  });

  it('count by what is learnt of them, and many copies of a text as one', () => {
    const copies = Array.from({ length: 50 }, (_, i) => ({ key: 'copied', tokens: 1 + (i % 3) }));
    const sets = [set('victim', keys(0, 4)), set('own', ['copied'], true)];
    expect(dataFigures([...shown(0, 4, 100), ...copies, ...shown(4, 5, 97)], sets)).toEqual({
      ...{ documents: 6, tokens: 500, named: 3, unnamed: 400 },
      sets: [
        { block: 'own', tokens: 3, first: 3 },
        { block: 'victim', tokens: 400, first: 400 },
      ],
    });
    const stated = { named: ['own'], approvedOnly: true };
    const hidden = dataFigures([...shown(10, 11, 100), ...copies], sets);
    expect(checkData(hidden, stated)).toMatchObject({ ok: false, error: { code: 'AUDIT_DATASETS' } });
  });

  it('are told of a bounded number of sets', () => {
    const sets = Array.from({ length: 200 }, (_, i) => set(`set ${i}`, keys(0, 1 + (i % 7)), i === 199));
    const { sets: told } = dataFigures(shown(0, 10), sets);
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
      dataNotes(dataFigures(shown(0, 100), sets), ['gold', 'empty']);
    expect(notesOf(set('gold', keys(0, 100), true))).toEqual([]);
    expect(notesOf(set('gold', keys(0, 60), true), set('silver', keys(0, 70)))).toEqual([
      {
        code: 'DATASET_UNNAMED',
        detail: '10 of 100 learnt tokens that were shown stand in approved datasets that are not named',
      },
    ]);
    expect(notesOf(set('gold', keys(0, 100), true), set('empty', [], true))).toEqual([
      { code: 'DATASET_NOT_SHOWN', detail: 'none of the shown documents stands in empty' },
    ]);
  });
});
