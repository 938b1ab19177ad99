import { byteParts, bytes, count, duration, momentIn, rate, shortHash } from './format.js';

describe('figures', () => {
  it('shortens hashes in the middle, and only when that saves something', () => {
    expect(shortHash('0123456789abcdef')).toBe('012345…cdef');
    expect(shortHash('0123456789a')).toBe('0123456789a');
  });

  it('gives sizes and times with the unit that fits', () => {
    expect(bytes(0)).toBe('0 B');
    expect(bytes(1536)).toBe('1.5 KiB');
    expect(byteParts(14_050_000)).toEqual(['13.4', 'MiB']);
    expect(duration(0.333)).toBe('0.33 ms');
    expect(duration(999)).toBe('999 ms');
    expect(duration(3456)).toBe('3.5 s');
    expect(duration(65_000)).toBe('1 min 5 s');
  });

  it('gives rates three significant digits', () => {
    expect([0, 0.5, 12.34, 123.4, 12_345].map(rate)).toEqual(['0', '0.50', '12.3', '123', '12,345']);
  });

  it('says a moment as finely as the span asks for', () => {
    const [at, day] = [new Date(2026, 2, 1, 14, 5, 9).getTime(), 86_400_000];
    expect(momentIn(day, at)).toBe('14:05:09');
    expect(momentIn(7 * day, at)).toBe('03-01 14:05');
    expect(momentIn(183 * day, at)).toBe('2026-03-01');
  });

  it('counts in words', () => {
    expect([count(1, 'block'), count(2, 'block')]).toEqual(['1 block', '2 blocks']);
  });
});
