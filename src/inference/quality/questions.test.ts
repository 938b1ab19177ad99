import { drawnIds } from './questions.js';

describe('drawn prompts', () => {
  it('come from the whole vocabulary, always the same', () => {
    const ids = drawnIds(4_000, 100);
    expect(ids.slice(0, 4)).toEqual(drawnIds(4, 100));
    expect(new Set(ids).size).toBe(100);
    expect(Math.min(...ids)).toBe(0);
    expect(Math.max(...ids)).toBe(99);
  });
});
