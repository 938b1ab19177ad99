import { beyondBudget } from './waiting-bytes.js';

const readers = [10, 0, 500, 40, 300].map((bufferedAmount) => ({ bufferedAmount }));
const waiting = (budget: number) => beyondBudget(readers, budget).map(({ bufferedAmount }) => bufferedAmount);

describe('bytes that wait', () => {
  it.each([
    [850, []],
    [849, [500]],
    [350, [500]],
    [100, [500, 300]],
    [0, [500, 300, 40, 10]],
  ])('within %i bytes cost those their connection who read least: %j', (budget, dropped) => {
    expect(waiting(budget)).toEqual(dropped);
  });
});
