import { jest } from '@jest/globals';
import { DirectEntries } from './direct-entries.js';

const submit = (sut: DirectEntries, subject: string, deadlineMs = 1000) =>
  sut.submit({ kind: 'anchor', subject, actor: '', hash: '', data: {} }, () => `leaf ${subject}`, deadlineMs);

function setUp() {
  const sut = new DirectEntries();
  sut.open();
  return sut;
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('direct entries', () => {
  it('are handed back where this process does not sequence', async () => {
    const sut = new DirectEntries();
    expect(await submit(sut, 'a')).toBeNull();
    sut.open();
    const waiting = submit(sut, 'b');
    sut.close();
    expect(await waiting).toBeNull();
    expect(await submit(sut, 'c')).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are taken in the order they came, so many at a time, and each learns what it has come to', async () => {
    const sut = setUp();
    const waiting = ['a', 'b', 'c'].map((subject) => submit(sut, subject));
    const round = sut.take(2);
    expect(round.entries).toEqual([
      { kind: 'anchor', subject: 'a', leaf: 'leaf a' },
      { kind: 'anchor', subject: 'b', leaf: 'leaf b' },
    ]);
    expect(sut.isEmpty).toBe(false);
    round.stored([
      { id: '1', leaf: null },
      { id: '2', leaf: null },
    ]);
    sut.take(2).stored([{ id: '3', leaf: null }]);
    expect((await Promise.all(waiting)).map((stored) => stored?.id)).toEqual(['1', '2', '3']);
    expect(sut.isEmpty).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('of one kind about one subject are one', async () => {
    const sut = setUp();
    const both = [submit(sut, 'a'), submit(sut, 'a')];
    const round = sut.take(10);
    expect(round.entries).toHaveLength(1);
    round.stored([{ id: '1', leaf: null }]);
    expect(await Promise.all(both)).toEqual([
      { id: '1', leaf: null },
      { id: '1', leaf: null },
    ]);
  });

  it('are refused when nobody takes them in time, and when the round fails', async () => {
    const sut = setUp();
    const late = expect(submit(sut, 'a', 50)).rejects.toMatchObject({ code: 'LOG_BUSY', status: 503 });
    await jest.advanceTimersByTimeAsync(50);
    await late;
    expect(sut.isEmpty).toBe(true);
    const failed = submit(sut, 'b');
    sut.take(1).failed(new Error('the database is away'));
    await expect(failed).rejects.toThrow('the database is away');
  });

  it('are bounded', async () => {
    const sut = setUp();
    const waiting = Array.from({ length: 8192 }, (_, i) => submit(sut, String(i)));
    await expect(submit(sut, 'one more')).rejects.toMatchObject({ code: 'LOG_BUSY' });
    sut.close();
    await Promise.all(waiting);
  });
});
