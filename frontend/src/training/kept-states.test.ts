import { KeptStates } from './kept-states.js';

const stateAt = (step: number) => ({ step, place: 0, hash: '', values: new Float32Array(1) });

it('finds the newest state with no more updates behind it, the beginning at worst', () => {
  const sut = new KeptStates(stateAt(0));
  for (const step of [20, 40, 60]) sut.keep(stateAt(step));
  expect([0, 19, 20, 59, 60, 1000].map((step) => sut.before(step).step)).toEqual([0, 0, 20, 40, 60, 60]);
});
