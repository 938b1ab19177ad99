import { SizeWatch, type EngineLoad } from './size-watch.js';

const full: EngineLoad = { waiting: 3, active: 16, streams: 16, configured: 16, most: 256 };
const quiet: EngineLoad = { waiting: 0, active: 2, streams: 32, configured: 16, most: 256 };

/** The wishes of so many equal looks, nothing left out. */
const looks = (sut: SizeWatch, load: EngineLoad, times: number) =>
  Array.from({ length: times }, () => sut.look(load));

describe('the watch over the size of the engine', () => {
  it('asks for twice as much when callers have waited for eight looks in a row', () => {
    const wishes = looks(new SizeWatch(), full, 8);
    expect(wishes.slice(0, 7)).toEqual(Array(7).fill(null));
    expect(wishes[7]).toMatchObject({ action: 'scale_up', streams: 32 });
  });

  it('begins anew when nobody waits once, and after it has asked', () => {
    const sut = new SizeWatch();
    looks(sut, full, 7);
    expect(sut.look({ ...full, waiting: 0 })).toBeNull();
    expect(looks(sut, full, 7)).toEqual(Array(7).fill(null));
    expect(sut.look(full)).not.toBeNull();
    expect(looks(sut, full, 7)).toEqual(Array(7).fill(null));
  });

  it('asks for nothing where places are free, though callers wait for something else', () => {
    expect(looks(new SizeWatch(), { ...full, active: 15 }, 50)).toEqual(Array(50).fill(null));
  });

  it('never asks for more than four times what is configured', () => {
    expect(looks(new SizeWatch(), { ...full, active: 48, streams: 48 }, 8)[7]).toMatchObject({ streams: 64 });
    expect(looks(new SizeWatch(), { ...full, active: 64, streams: 64 }, 50)).toEqual(Array(50).fill(null));
  });

  it('never asks for more than the engine can make at once', () => {
    const kernel = { ...full, most: 32 };
    expect(looks(new SizeWatch(), { ...kernel, active: 24, streams: 24 }, 8)[7]).toMatchObject({
      streams: 32,
    });
    expect(looks(new SizeWatch(), { ...kernel, active: 32, streams: 32 }, 50)).toEqual(Array(50).fill(null));
  });

  it('asks for the configured size when little was to do for forty looks in a row', () => {
    const wishes = looks(new SizeWatch(), quiet, 40);
    expect(wishes.slice(0, 39)).toEqual(Array(39).fill(null));
    expect(wishes[39]).toMatchObject({ action: 'scale_down', streams: 16 });
    expect(looks(new SizeWatch(), { ...quiet, streams: 16 }, 80)).toEqual(Array(80).fill(null));
    expect(looks(new SizeWatch(), { ...quiet, active: 9 }, 80)).toEqual(Array(80).fill(null));
  });
});
