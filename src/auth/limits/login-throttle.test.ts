import { testConfig } from '../../../test/support/test-config.js';
import { Limiters } from './limiters.js';
import { LoginThrottle } from './login-throttle.js';

const fresh = () => new LoginThrottle(new Limiters(testConfig()));
const attempt = (address = '10.0.0.1', name = 'anna', knownAddress = false) => ({
  name,
  address,
  knownAddress,
});

/** Seconds to wait after each of so many attempts; 0 for those that were let through. */
async function waits(throttle: LoginThrottle, times: number, who = (_time: number) => attempt()) {
  const found: number[] = [];
  for (let i = 0; i < times; i++) {
    const turn = await throttle.take(who(i));
    found.push(turn.ok ? 0 : Number(turn.error.facts.retryAfter));
  }
  return found;
}

describe('login throttle', () => {
  it('lets five failures pass, then one at a time', async () => {
    const found = await waits(fresh(), 12);
    expect(found.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(found.slice(6).every((wait) => wait >= 1)).toBe(true);
  });

  it('lets only one of many attempts at once through after the free ones', async () => {
    const throttle = fresh();
    const turns = await Promise.all(Array.from({ length: 40 }, () => throttle.take(attempt())));
    expect(turns.filter(({ ok }) => ok)).toHaveLength(6);
  });

  it('forgets after a success', async () => {
    const throttle = fresh();
    await waits(throttle, 10);
    await throttle.forgive(attempt());
    expect(await waits(throttle, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it('does not care how the name is written', async () => {
    const throttle = fresh();
    const found = await waits(throttle, 8, (i) => attempt('10.0.0.1', i % 2 === 0 ? 'Anna' : 'aNNA'));
    expect(found.at(-1)).toBeGreaterThan(0);
  });

  it('slows guesses at one name from everywhere, but not its owner at home, and never for long', async () => {
    const throttle = fresh();
    const found = await waits(throttle, 200, (i) => attempt(`10.1.${i}.1`));
    expect(found.slice(0, 21).every((wait) => wait === 0)).toBe(true);
    expect(found.at(-1)).toBeGreaterThan(0);
    expect(Math.max(...found)).toBeLessThanOrEqual(30);
    expect((await throttle.take(attempt('10.9.9.9', 'anna', true))).ok).toBe(true);
  });

  it('does not sell new guesses for a success with an own account', async () => {
    const throttle = fresh();
    let through = 0;
    for (let i = 0; i < 120; i++) {
      if ((await throttle.take(attempt('10.0.0.1', `victim${i}`))).ok) through++;
      await throttle.take(attempt('10.0.0.1', 'mallory', true));
      await throttle.forgive(attempt('10.0.0.1', 'mallory', true));
    }
    expect(through).toBeLessThan(120);
  });

  it('slows one address that tries many names', async () => {
    const found = await waits(fresh(), 60, (i) => attempt('10.0.0.1', `name${i}`));
    expect(found.slice(0, 51).every((wait) => wait === 0)).toBe(true);
    expect(found.at(-1)).toBeGreaterThan(0);
  });
});
