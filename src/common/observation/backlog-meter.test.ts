import { BacklogMeter } from './backlog-meter.js';

function setup() {
  const clock = { at: 1000 };
  return { clock, sut: new BacklogMeter(() => clock.at) };
}

describe('the age of a backlog', () => {
  it('is counted from the look that saw the oldest item first', () => {
    const { sut, clock } = setup();
    expect(sut.look(5n, 9n)).toBe(0);
    clock.at += 4000;
    expect(sut.look(5n, 12n)).toBe(4000);
    clock.at += 4000;
    // 5 to 9 are done; 10 was there at the second look
    expect(sut.look(10n, 20n)).toBe(4000);
    clock.at += 4000;
    expect(sut.look(21n, 30n)).toBe(0);
  });

  it('is nothing once nothing waits', () => {
    const { sut, clock } = setup();
    sut.look(1n, 1n);
    clock.at += 60_000;
    expect(sut.look(null, null)).toBe(0);
    expect(sut.look(1n, 2n)).toBe(0);
  });

  it('remembers the first look however many follow', () => {
    const { sut, clock } = setup();
    for (let i = 0; i < 2000; i++, clock.at += 1000) sut.look(1n, BigInt(i + 1));
    expect(sut.look(1n, 3000n)).toBe(2_000_000);
  });
});
