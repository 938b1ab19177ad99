import { KeptStates } from './kept-states.js';

const stateAt = (step: number) => ({ step, place: 0, hash: '', values: new Float32Array(1) });

it('finds the newest state with no more updates behind it, the beginning at worst', () => {
  const sut = new KeptStates(stateAt(0), 1 << 10);
  for (const step of [20, 40, 60]) sut.keep(stateAt(step));
  expect([0, 19, 20, 59, 60, 1000].map((step) => sut.before(step).step)).toEqual([0, 0, 20, 40, 60, 60]);
});

it('keeps fewer, evenly, where there is no room for all', () => {
  const sut = new KeptStates(stateAt(0), 10 * 4);
  for (let step = 20; step <= 2000; step += 20) sut.keep(stateAt(step));
  const kept = new Set(Array.from({ length: 2001 }, (_, step) => sut.before(step).step));
  expect([...kept]).toEqual([0, 320, 640, 960, 1280, 1600, 1920]);
});

it('keeps none that has no room', () => {
  const sut = new KeptStates(stateAt(0), 3);
  for (const step of [20, 40, 60]) sut.keep(stateAt(step));
  expect(sut.before(60).step).toBe(0);
});
