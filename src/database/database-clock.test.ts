import { DatabaseClock } from './database-clock.js';

const NOON = 1_763_700_000_000;

/** A clock on a database whose time and whose answers' delay are set by the test. */
async function setup() {
  const world = { time: NOON, monotonic: 5_000, delay: 0, down: false, asked: 0 };
  const query = () => {
    world.asked += 1;
    if (world.down) return Promise.reject(new Error('the database does not answer'));
    const half = world.delay / 2;
    const now = world.time + half;
    world.time += world.delay;
    world.monotonic += world.delay;
    return Promise.resolve([{ now: String(now) }]);
  };
  const sut = await DatabaseClock.open({ query: query as never }, () => world.monotonic);
  /** Time goes on. */
  const pass = (ms: number) => {
    world.time += ms;
    world.monotonic += ms;
  };
  return { world, sut, pass };
}

describe('the time of the database', () => {
  it('goes on between two looks, whatever the clock of this machine says', async () => {
    const { sut, pass } = await setup();
    expect(sut.now()).toBe(NOON);
    pass(1_234);
    expect(sut.now()).toBe(NOON + 1_234);
  });

  it('is what the database said in the middle of its answer', async () => {
    const { sut, world } = await setup();
    world.delay = 800;
    await sut.look();
    expect(sut.now()).toBe(NOON + 800);
  });

  it('follows a database whose clock is set', async () => {
    const { sut, world } = await setup();
    world.time -= 300_000;
    expect(sut.now()).toBe(NOON);
    await sut.look();
    expect(sut.now()).toBe(NOON - 300_000);
  });

  it('does not listen to an answer that took too long, and goes on while there is none', async () => {
    const { sut, world, pass } = await setup();
    world.time += 300_000;
    world.delay = 1_001;
    await sut.look();
    expect(sut.now()).toBe(NOON + 1_001);
    world.down = true;
    await sut.look();
    pass(10);
    expect(sut.now()).toBe(NOON + 1_011);
    Object.assign(world, { down: false, delay: 0 });
    await sut.look();
    expect(sut.now()).toBe(NOON + 300_000 + 1_011);
  });

  it('asks a database that hangs once, not again and again', async () => {
    const { sut, world } = await setup();
    const looks = [sut.look(), sut.look(), sut.look()];
    await Promise.all(looks);
    expect(world.asked).toBe(2);
    await sut.look();
    expect(world.asked).toBe(3);
  });

  it('cannot be had without the database', async () => {
    const query = () => Promise.reject(new Error('the database does not answer'));
    await expect(DatabaseClock.open({ query: query as never })).rejects.toThrow('does not answer');
  });
});
