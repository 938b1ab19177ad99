import { quietNeeded } from './damping.js';

describe('quietNeeded', () => {
  it('is nothing at first and doubles with every return, up to two hours', () => {
    const minutes = [0, 1, 2, 3, 4, 5, 50].map((returns) => quietNeeded(returns) / 60_000);
    expect(minutes).toEqual([0, 10, 20, 40, 80, 120, 120]);
  });
});
