import { sha256Hex } from '../../common/hash.js';
import { findNonce, mineWork, workOf } from './index.js';

it('counts the leading zero bits of the hash', () => {
  for (let nonce = 0; nonce < 2000; nonce++) {
    const binary = [...sha256Hex(`c/${nonce}`)]
      .map((digit) => parseInt(digit, 16).toString(2).padStart(4, '0'))
      .join('');
    expect(workOf('c', nonce)).toBe(binary.indexOf('1'));
  }
});

it('finds the first nonce, in one piece or in many', () => {
  const nonce = mineWork('challenge', 10)!;
  expect(workOf('challenge', nonce)).toBeGreaterThanOrEqual(10);
  const pieces: number[] = [];
  const search = findNonce('challenge', 10, 16);
  let step = search.next();
  for (; step.done !== true; step = search.next()) pieces.push(step.value);
  expect(step.value).toBe(nonce);
  expect(pieces).toHaveLength(Math.floor(nonce / 16));
  for (let i = 0; i < nonce; i++) expect(workOf('challenge', i)).toBeLessThan(10);
});

it('asks for nothing where no bits are owed', () => expect(mineWork('any', 0)).toBe(0));
