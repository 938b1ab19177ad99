import { smallConfig } from '../../../test/support/engine.js';
import { generationWork, positionsWithin } from './work.js';

const config = smallConfig({ vocabSize: 40 });

it('counts the positions that so many multiplications are enough for', () => {
  const ofThree = generationWork(config, 3, 1);
  expect(positionsWithin(ofThree, config, 3, 5)).toBe(3);
  expect(positionsWithin(ofThree - 1, config, 3, 5)).toBe(2);
  expect(positionsWithin(ofThree, config, 3, 2)).toBe(2);
  expect(positionsWithin(0, config, 3, 5)).toBe(0);
});
