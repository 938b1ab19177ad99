import { jest } from '@jest/globals';
import { PublishedEntries } from './published-entries.js';

interface Row {
  readonly id: string;
  readonly leaf_index: string;
  readonly leaf: string;
}

/** A database that knows some entries, and a checkpoint of so many leaves. */
function setUp({ rows = [] as Row[], size = 0 } = {}) {
  const asked: unknown[] = [];
  const query = (_sql: string, [ids]: [string[]]) => {
    asked.push(ids);
    return Promise.resolve(rows.filter(({ id }) => ids.includes(id)));
  };
  const note = `log\n${size}\n${Buffer.alloc(32).toString('base64')}\n`;
  const sut = new PublishedEntries(
    { query: query as never },
    { readCheckpoint: () => Promise.resolve(note) },
  );
  return { sut, asked };
}
const entry = (id: string) => ({ id, leaf: Buffer.from(`leaf ${id}`) });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('published entries', () => {
  it('are told to all who wait for them, with their numbers, and to who comes later', async () => {
    const { sut, asked } = setUp();
    const before = [sut.wait('7', 1000), sut.wait('7', 1000), sut.wait('8', 1000)];
    sut.announce(40, [entry('7'), entry('8')]);
    expect((await Promise.all(before)).map((leaf) => leaf?.index)).toEqual([40, 40, 41]);
    expect(await sut.wait('8', 1000)).toEqual({ index: 41, leaf: Buffer.from('leaf 8') });
    expect(asked).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are remembered, the newest 1,024 of them', async () => {
    const { sut } = setUp();
    sut.announce(
      0,
      Array.from({ length: 1025 }, (_, i) => entry(String(i))),
    );
    expect((await sut.wait('1', 1000))?.index).toBe(1);
    const forgotten = sut.wait('0', 50);
    await jest.advanceTimersByTimeAsync(100);
    expect(await forgotten).toBeNull();
  });

  it('are waited for no longer than the deadline, each for its own', async () => {
    const { sut } = setUp();
    const [short, long] = [sut.wait('7', 150), sut.wait('7', 10_000)];
    await jest.advanceTimersByTimeAsync(200);
    expect(await short).toBeNull();
    sut.announce(3, [entry('7')]);
    expect((await long)?.index).toBe(3);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('of another process are asked for all at once, and count when the checkpoint covers them', async () => {
    const rows = [
      { id: '7', leaf_index: '4', leaf: 'leaf 7' },
      { id: '8', leaf_index: '5', leaf: 'leaf 8' },
    ];
    const { sut, asked } = setUp({ rows, size: 5 });
    const [covered, ahead] = [sut.wait('7', 150), sut.wait('8', 150)];
    await jest.advanceTimersByTimeAsync(100);
    expect(await covered).toEqual({ index: 4, leaf: Buffer.from('leaf 7') });
    expect(asked).toEqual([['7', '8']]);
    await jest.advanceTimersByTimeAsync(100);
    expect(await ahead).toBeNull();
  });

  it('let everybody go when the server ends', async () => {
    const { sut } = setUp();
    const waiting = sut.wait('7', 60_000);
    sut.onModuleDestroy();
    expect(await waiting).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });
});
