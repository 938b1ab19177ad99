import { Rounds } from './rounds.js';

describe('rounds', () => {
  it('let everybody have one turn in a round, about as many each time', () => {
    const sut = new Rounds<number>(4);
    for (let i = 0; i < 10; i++) sut.add(i);
    const turns = [sut.next(), sut.next(), sut.next(), sut.next()];
    expect(turns.map(({ length }) => length)).toEqual([3, 3, 2, 2]);
    expect(turns.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(sut.next()).toEqual(turns[0]);
  });

  it('pass over who has left, and strangers', () => {
    const sut = new Rounds<string>(2);
    sut.add('a');
    sut.add('b');
    sut.delete('a');
    sut.delete('nobody');
    expect([sut.next(), sut.next()]).toEqual([[], ['b']]);
  });
});
