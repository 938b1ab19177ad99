import { ThreadGovernor } from './thread-governor.js';

/** Runs batches whose time depends on the threads; returns the share of batches on all threads and the time taken. */
function simulate(
  governor: ThreadGovernor,
  batches: number,
  cost: (threads: number) => number,
): [share: number, ms: number] {
  let [all, total] = [0, 0];
  for (let i = 0; i < batches; i++) {
    const threads = governor.threads();
    const took = cost(threads);
    governor.measured(took, 1);
    all += threads === 1 ? 0 : 1;
    total += took;
  }
  return [all / batches, total];
}

describe('thread governor', () => {
  it('keeps all threads where they are faster, and spends little on trials', () => {
    const [share, ms] = simulate(new ThreadGovernor(2), 2000, (threads) => (threads === 2 ? 1 : 1.9));
    expect(share).toBeGreaterThan(0.97);
    expect(ms).toBeLessThan(2000 * 1.03);
  });

  it('goes to one thread where waiting costs more, and back when the machine is quiet', () => {
    const governor = new ThreadGovernor(2);
    simulate(governor, 100, (threads) => (threads === 2 ? 1 : 1.9));
    const [busy] = simulate(governor, 2000, (threads) => (threads === 2 ? 8 : 2));
    expect(busy).toBeLessThan(0.15);
    simulate(governor, 1000, (threads) => (threads === 2 ? 1 : 1.9));
    const [quiet] = simulate(governor, 1000, (threads) => (threads === 2 ? 1 : 1.9));
    expect(quiet).toBeGreaterThan(0.9);
  });

  it('keeps all threads through a burst of noise, and returns to them soon when one has driven it away', () => {
    const quiet = (threads: number) => (threads === 2 ? 1 : 1.4);
    const governor = new ThreadGovernor(2);
    simulate(governor, 500, quiet);
    simulate(governor, 7, () => 20);
    expect(simulate(governor, 300, quiet)[0]).toBeGreaterThan(0.9);
    simulate(governor, 500, (threads) => (threads === 2 ? 20 : 2));
    expect(governor.threads()).toBe(1);
    simulate(governor, 2500, quiet);
    expect(simulate(governor, 200, quiet)[0]).toBeGreaterThan(0.9);
  });

  it('never tries on long batches, and has nothing to try with one thread', () => {
    expect(simulate(new ThreadGovernor(4), 200, (threads) => (threads === 4 ? 100 : 1))[0]).toBe(1);
    expect(simulate(new ThreadGovernor(1), 200, () => 1)[0]).toBe(0);
  });
});
