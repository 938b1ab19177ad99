import type { Pieces } from '../../trainer/pieces.js';
import { givingWay, useBeside } from './thread-pace.js';

it('tells what the other threads of the process used', () => {
  const times = { whole: 500, own: 100, at: 1000 };
  const sut = useBeside({ whole: () => times.whole, own: () => times.own, now: () => times.at });
  expect(sut()).toBeNull();
  Object.assign(times, { whole: 680, own: 130, at: 1100 });
  expect(sut()).toEqual({ own: 30, others: 1.5 });
  // The clock stands still, or the times tick apart.
  expect(sut()).toBeNull();
  Object.assign(times, { whole: 690, own: 150, at: 1200 });
  expect(sut()).toEqual({ own: 20, others: 0 });
});

it('reads the times of this process and this thread', () => {
  const sut = useBeside();
  sut();
  for (const end = performance.now() + 30; performance.now() < end;);
  const use = sut();
  expect(use?.own).toBeGreaterThan(0);
  expect(use?.others).toBeGreaterThanOrEqual(0);
});

it('carries work out to its end, or to what it throws', () => {
  function* work(): Pieces<number> {
    yield;
    yield;
    return 7;
  }
  function* broken(): Pieces<number> {
    yield;
    throw new Error('the memory is full');
  }
  expect(givingWay(1000)(work())).toBe(7);
  expect(() => givingWay(1000)(broken())).toThrow('the memory is full');
});
