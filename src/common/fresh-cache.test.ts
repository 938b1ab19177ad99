import { describe, expect, it } from '@jest/globals';
import { FreshCache, type FreshCacheLimits } from './fresh-cache.js';

function setUp(limits: Partial<FreshCacheLimits<number | null>> = {}) {
  const asked: PromiseWithResolvers<number | null>[] = [];
  const clock = { now: 0 };
  const load = () => {
    const answer = Promise.withResolvers<number | null>();
    asked.push(answer);
    return answer.promise;
  };
  const sut = new FreshCache(load, { freshMs: 100, most: 2, ...limits }, () => clock.now);
  return { sut, asked, clock };
}

describe('FreshCache', () => {
  it('asks once for callers at the same moment and until the answer is old', async () => {
    const { sut, asked, clock } = setUp();
    const both = [sut.get('a'), sut.get('a')];
    asked[0].resolve(1);
    expect(await Promise.all(both)).toEqual([1, 1]);
    clock.now = 99;
    expect(await sut.get('a')).toBe(1);
    clock.now = 100;
    void sut.get('a');
    expect(asked).toHaveLength(2);
  });

  it('does not remember what was forgotten while it was asked for', async () => {
    const { sut, asked } = setUp();
    const before = sut.get('a');
    sut.forget('a');
    const after = sut.get('a');
    asked[1].resolve(2);
    asked[0].resolve(1);
    expect([await before, await after]).toEqual([1, 2]);
    expect(await sut.get('a')).toBe(2);
    expect(asked).toHaveLength(2);
  });

  it('remembers neither failures nor what its limits leave out', async () => {
    const { sut, asked } = setUp({ keeps: (value) => value !== null });
    const failed = sut.get('a');
    asked[0].reject(new Error('away'));
    await expect(failed).rejects.toThrow('away');
    const nothing = sut.get('a');
    asked[1].resolve(null);
    expect(await nothing).toBeNull();
    const found = sut.get('a');
    asked[2].resolve(3);
    await found;
    expect(await sut.get('a')).toBe(3);
    expect(asked).toHaveLength(3);
  });

  it('lets the oldest go when there are too many', () => {
    const { sut, asked } = setUp();
    for (const key of ['a', 'b', 'c', 'b', 'c']) void sut.get(key);
    expect(asked).toHaveLength(3);
    void sut.get('a');
    expect(asked).toHaveLength(4);
  });
});
