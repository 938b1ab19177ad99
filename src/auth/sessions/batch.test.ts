import { Batch } from './batch.js';

describe('a batch', () => {
  it('asks once for what is wanted together, at most so many at a time, and again later', async () => {
    const asked: (readonly string[])[] = [];
    const sut = new Batch(async (keys) => {
      asked.push(keys);
      return keys.map((key) => key.toUpperCase());
    }, 2);
    const answers = await Promise.all(['a', 'b', 'a', 'c'].map((key) => sut.get(key)));
    expect(answers).toEqual(['A', 'B', 'A', 'C']);
    expect(asked).toEqual([['a', 'b'], ['c']]);
    expect(await sut.get('a')).toBe('A');
    expect(asked).toHaveLength(3);
  });

  it('fails for those who asked together, and for nobody else', async () => {
    let broken = true;
    const sut = new Batch(async (keys) => {
      if (broken) throw new Error('the database is away');
      return keys;
    }, 10);
    const [a, b] = [sut.get('a'), sut.get('b')];
    await expect(a).rejects.toThrow('away');
    await expect(b).rejects.toThrow('away');
    broken = false;
    expect(await sut.get('a')).toBe('a');
  });
});
