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

it('keeps the same states as one that was never left, wherever it is taken up', () => {
  const [every, last] = [20, 2000];
  const kept = (left: number | null) => {
    let sut = new KeptStates(stateAt(0), 10 * 4);
    const made: number[][] = [];
    for (let step = every; step <= last; step += every) {
      sut.keep(stateAt(step));
      made.push([...sut.steps]);
      if (step !== left) continue;
      const states = sut.steps.map(stateAt);
      sut = new KeptStates(stateAt(0), 10 * 4);
      sut.restore(states, step, every);
    }
    return made;
  };
  const whole = kept(null);
  for (let left = every; left < last; left += every) expect(kept(left)).toEqual(whole);
});

it('keeps none that has no room', () => {
  const sut = new KeptStates(stateAt(0), 3);
  for (const step of [20, 40, 60]) sut.keep(stateAt(step));
  expect(sut.before(60).step).toBe(0);
});
