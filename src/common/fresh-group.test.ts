import { describe, expect, it } from '@jest/globals';
import { FreshGroup } from './fresh-group.js';

function setUp({ most = 10, together = 4 } = {}) {
  const asked: string[][] = [];
  const clock = { now: 0, fails: false };
  const load = (keys: readonly string[]) => {
    asked.push([...keys]);
    if (clock.fails) return Promise.reject(new Error('away'));
    return Promise.resolve(keys.map((key) => `${key} at ${clock.now}`));
  };
  const sut = new FreshGroup(load, { freshMs: 100, most, together }, () => clock.now);
  return { sut, asked, clock };
}

describe('FreshGroup', () => {
  it('gives no answer that is as old as its time, and asks once while it is younger', async () => {
    const { sut, asked, clock } = setUp();
    expect(await Promise.all([sut.get('a'), sut.get('a')])).toEqual(['a at 0', 'a at 0']);
    clock.now = 99;
    expect(await sut.get('a')).toBe('a at 0');
    clock.now = 100;
    expect(await sut.get('a')).toBe('a at 100');
    expect(asked).toEqual([['a'], ['a']]);
  });

  it('brings along those that were asked for again and are due soon, and no others', async () => {
    const { sut, asked, clock } = setUp();
    await Promise.all([sut.get('unused'), sut.get('a'), sut.get('b')]);
    clock.now = 60;
    await Promise.all([sut.get('young'), sut.get('a'), sut.get('b'), sut.get('young')]);
    clock.now = 101;
    expect(await sut.get('a')).toBe('a at 101');
    expect(asked.at(-1)).toEqual(['b', 'a']);
    expect(await Promise.all([sut.get('b'), sut.get('young')])).toEqual(['b at 101', 'young at 60']);
    expect(asked).toHaveLength(5);
  });

  it('asks for so many together at most', async () => {
    const { sut, asked, clock } = setUp();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let i = 0; i < 2; i++) await Promise.all(keys.map((key) => sut.get(key)));
    clock.now = 100;
    await sut.get('f');
    expect(asked.at(-1)).toEqual(['a', 'b', 'c', 'f']);
  });

  it('forgets what it is told to, and what failed', async () => {
    const { sut, asked, clock } = setUp();
    const before = sut.get('a');
    sut.forget('a');
    await Promise.all([before, sut.get('a')]);
    expect(asked).toHaveLength(2);
    sut.clear();
    clock.fails = true;
    await expect(sut.get('a')).rejects.toThrow('away');
    clock.fails = false;
    expect(await sut.get('a')).toBe('a at 0');
  });

  it('keeps so many at most, and always the one that is asked for', async () => {
    const { sut, asked, clock } = setUp({ most: 1 });
    await sut.get('a');
    await sut.get('b');
    await sut.get('b');
    clock.now = 100;
    expect(await sut.get('a')).toBe('a at 100');
    expect(asked).toEqual([['a'], ['b'], ['b', 'a']]);
  });
});
