import { Pace } from './pace.js';

function paceAt() {
  const clock = { at: 100 };
  return { clock, sut: new Pace(() => clock.at) };
}

describe('the pace of a training', () => {
  it('counts no time that is paused', () => {
    const { clock, sut } = paceAt();
    const began = sut.now();
    clock.at = 110;
    sut.pause();
    clock.at = 500;
    expect(sut.now() - began).toBe(10);
    sut.pause();
    clock.at = 600;
    sut.resume();
    clock.at = 605;
    expect(sut.now() - began).toBe(15);
  });

  it('holds a turn until it goes on, and ends one that is paused', async () => {
    const { sut } = paceAt();
    expect(await sut.turn()).toBe(false);
    sut.pause();
    let over = false;
    const turn = sut.turn().then((stopped) => {
      over = true;
      return stopped;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(over).toBe(false);
    sut.stop();
    expect(await turn).toBe(true);
    expect(await sut.turn()).toBe(true);
  });
});
