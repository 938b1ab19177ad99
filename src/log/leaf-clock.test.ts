import { LeafClock } from './leaf-clock.js';

const HOUR_MS = 3_600_000;
const NOON = 1_763_700_000_000;

function setup(leaves: readonly { time: number }[] = []) {
  const wall = { at: NOON, now: () => wall.at };
  const query = () => Promise.resolve(leaves.map((leaf) => ({ leaf: JSON.stringify(leaf) })));
  return { wall, sut: new LeafClock({ query: query as never }, wall) };
}

describe('the time of leaves', () => {
  it('follows the wall clock, and stands still while that has gone back', () => {
    const { sut, wall } = setup();
    expect(sut.now()).toBe(NOON);
    wall.at = NOON + HOUR_MS;
    expect(sut.now()).toBe(NOON + HOUR_MS);
    wall.at = NOON - 3 * HOUR_MS;
    expect(sut.now()).toBe(NOON + HOUR_MS);
    wall.at = NOON + HOUR_MS + 1;
    expect(sut.now()).toBe(NOON + HOUR_MS + 1);
  });

  it('goes on from the newest entry of an earlier run', async () => {
    const { sut, wall } = setup([{ time: NOON + HOUR_MS }]);
    await sut.onModuleInit();
    expect(sut.now()).toBe(NOON + HOUR_MS);
    wall.at = NOON + 2 * HOUR_MS;
    expect(sut.now()).toBe(NOON + 2 * HOUR_MS);
  });

  it('begins with the wall clock in an empty log', async () => {
    const { sut } = setup();
    await sut.onModuleInit();
    expect(sut.now()).toBe(NOON);
  });
});
