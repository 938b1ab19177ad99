import { LONGEST_DRAFT, lookUp } from './prompt-lookup.js';
import { Speculation, SpeculationCounters } from './speculation.js';

describe('prompt lookup', () => {
  it.each([
    ['nothing before', [1, 2, 3], []],
    ['one id alone', [5, 9, 1, 5], []],
    ['two ids', [5, 6, 9, 1, 5, 6], [9, 1, 5, 6]],
    ['the longest match, though another is later', [1, 2, 3, 7, 8, 4, 2, 3, 9, 9, 1, 2, 3], [7, 8, 4, 2]],
    ['the latest of equal ones', [1, 2, 3, 7, 1, 2, 3, 8, 1, 2, 3], [8, 1, 2, 3]],
    ['a run of one id', [4, 4, 4, 4], [4, 4, 4, 4]],
    ['a short cycle', [7, 8, 7, 8], [7, 8, 7, 8]],
    ['no id at all', [], []],
  ])('proposes what followed: %s', (_, ids, draft) => {
    expect(lookUp(ids, LONGEST_DRAFT)).toEqual(draft);
  });

  it('proposes no more than is wanted', () => {
    expect(lookUp([5, 6, 9, 1, 5, 6], 2)).toEqual([9, 1]);
  });
});

describe('speculation', () => {
  const repeating = (length: number) => Array.from({ length }, (_, i) => i % 3);

  it('rests after guesses that were wrong, longer each time, and goes on afterwards', () => {
    const counters = new SpeculationCounters();
    const speculation = new Speculation(counters);
    const drafted: number[] = [];
    for (let known = 10; known < 400; known++) {
      const draft = speculation.draft(repeating(known), 4);
      if (draft.length === 0) continue;
      drafted.push(known);
      speculation.verified(draft.length, 0, known + 1);
    }
    const gaps = drafted.slice(2).map((known, i) => known - drafted[i + 1]);
    expect(gaps.length).toBeGreaterThan(1);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(counters).toEqual({ drafted: drafted.length * 2, accepted: 0, verifications: drafted.length });
  });

  it('never rests while it is right', () => {
    const speculation = new Speculation(new SpeculationCounters());
    for (let known = 10; known < 60; known++) {
      const draft = speculation.draft(repeating(known), 4);
      expect(draft).toHaveLength(known === 10 ? 2 : 4);
      speculation.verified(draft.length, draft.length, known);
    }
  });
});
