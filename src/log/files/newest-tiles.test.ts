import type { Tile } from '../tree/growing-tree.js';
import { NewestTiles } from './newest-tiles.js';

const tile = (level: Tile['level'], index: number, width: number): Tile => ({
  ...{ level, index, width },
  bytes: Uint8Array.of(width % 256),
});
const widthsFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('the newest tiles', () => {
  it('gives the last of a level to whoever asks for it or for a narrower one', () => {
    const sut = new NewestTiles();
    sut.replace([tile(0, 3, 5), tile('entries', 3, 5), tile(1, 0, 3)]);
    sut.replace([tile(0, 3, 7)]);
    expect(sut.get({ level: 0, index: 3, width: 7 })).toEqual(Uint8Array.of(7));
    expect(sut.get({ level: 0, index: 3, width: 2 })).toEqual(Uint8Array.of(7));
    expect(sut.get({ level: 1, index: 0, width: 3 })).toEqual(Uint8Array.of(3));
    expect(sut.get({ level: 0, index: 3, width: 8 })).toBeNull();
    expect(sut.get({ level: 0, index: 2, width: 1 })).toBeNull();
    expect(sut.get({ level: 2, index: 0, width: 1 })).toBeNull();
  });

  it('gives replaced ones out to be removed, once, when there are 64', () => {
    const sut = new NewestTiles();
    for (const width of widthsFrom(1, 64)) sut.replace([tile(0, 0, width)]);
    expect(sut.takeOutdated()).toEqual([]);
    sut.replace([tile(0, 0, 65)]);
    expect(sut.takeOutdated().map(({ width }) => width)).toEqual(widthsFrom(1, 64));
    expect(sut.takeOutdated()).toEqual([]);
  });

  it('never gives out the one that counts, nor one of another tile', () => {
    const sut = new NewestTiles();
    for (const width of widthsFrom(1, 66)) sut.replace([tile(0, 0, width), tile(1, width, 1)]);
    const outdated = sut.takeOutdated();
    expect(outdated).toHaveLength(65);
    expect(outdated.filter(({ level, width }) => level === 1 || width === 66)).toEqual([]);
  });

  it('forgets a tile that became full, with those it had replaced: they go with their folder', () => {
    const sut = new NewestTiles();
    for (const width of widthsFrom(1, 40)) sut.replace([tile(0, 0, width), tile('entries', 0, width)]);
    sut.replace([tile(0, 0, 256), tile(0, 1, 1)]);
    expect(sut.get({ level: 0, index: 0, width: 40 })).toBeNull();
    expect(sut.get({ level: 0, index: 1, width: 1 })).not.toBeNull();
    for (const width of widthsFrom(41, 25)) sut.replace([tile('entries', 0, width)]);
    const outdated = sut.takeOutdated();
    expect(new Set(outdated.map(({ level }) => level))).toEqual(new Set(['entries']));
    expect(outdated).toHaveLength(64);
  });

  it('knows nothing after it was cleared', () => {
    const sut = new NewestTiles();
    for (const width of widthsFrom(1, 70)) sut.replace([tile(0, 0, width)]);
    sut.clear();
    expect(sut.get({ level: 0, index: 0, width: 1 })).toBeNull();
    expect(sut.takeOutdated()).toEqual([]);
  });
});
