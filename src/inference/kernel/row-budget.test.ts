import fc from 'fast-check';
import { ALONE, BESIDE_STREAMS, RowBudget } from './row-budget.js';

/** Rows of the batches that follow each other on a machine where a batch takes `fixed` ms and `perRow` ms for each row. */
function run(sut: RowBudget, batches: number, fixed: number, perRow: number, sharing = 1): number[] {
  return Array.from({ length: batches }, () => {
    const rows = sut.next(2);
    sut.measured(fixed + perRow * rows, rows, sharing);
    return rows;
  });
}

describe('row budget', () => {
  it('takes as many rows as fit into 100 ms, on any machine that can do six in that time', () => {
    const machines = fc.record({
      fixed: fc.double({ min: 0, max: 40, noNaN: true }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(machines, ({ fixed, share }) => {
        const perRow = ((100 - fixed) / 6) * share;
        const rows = run(new RowBudget(64, BESIDE_STREAMS), 40, fixed, perRow).slice(20);
        for (const count of rows) {
          expect(fixed + perRow * count).toBeLessThanOrEqual(100 * 1.25 + perRow);
          expect(count === 64 || fixed + perRow * (count * 1.25 + 1) > 75).toBe(true);
        }
      }),
    );
  });

  it('follows a machine that becomes slower or faster, and shares the time with other models', () => {
    const sut = new RowBudget(64, BESIDE_STREAMS);
    expect(run(sut, 30, 0, 1).at(-1)).toBe(64);
    expect(run(sut, 4, 0, 8).at(-1)).toBeLessThanOrEqual(12);
    expect(run(sut, 30, 0, 1).at(-1)).toBe(64);
    expect(run(sut, 4, 0, 2, 4).at(-1)).toBeLessThanOrEqual(12);
  });

  it('lets a prompt that is alone have all rows at once, and less where they take longer than 150 ms', () => {
    expect(run(new RowBudget(64, ALONE), 3, 0, 2)).toEqual([64, 64, 64]);
    const slow = run(new RowBudget(64, ALONE), 30, 0, 5);
    expect(slow[0]).toBe(64);
    for (const rows of slow.slice(1)) expect(rows * 5).toBeLessThanOrEqual(150 * 1.25 + 5);
  });

  it('always lets prompts get on', () => {
    const sut = new RowBudget(64, BESIDE_STREAMS);
    run(sut, 50, 10_000, 100);
    expect([sut.next(1), sut.next(16), sut.next(32)]).toEqual([5, 20, 36]);
    expect(new RowBudget(3, BESIDE_STREAMS).next(8)).toBe(9);
  });
});
