import { trustOf, type Judged } from './trust.js';

const history = (text: string): Judged[] => [...text].map((c) => (c === '+' ? 'accepted' : 'rejected'));
const level = (text: string) => trustOf(history(text)).level;

it.each([
  ['', 'new'],
  ['++', 'new'],
  ['++-+', 'new'],
  ['+++', 'trusted'],
  ['-----+++', 'trusted'],
  ['+++----', 'trusted'],
  ['+++-----', 'new'],
  ['+++-+-+-+-+-', 'new'],
  ['+++-----+++', 'trusted'],
  ['+++----+++----', 'trusted'],
  [`${'+'.repeat(20)}`, 'expert'],
  [`${'+'.repeat(20)}-----`, 'new'],
])('after %p a contributor is %s', (text, expected) => expect(level(text)).toBe(expected));

it('counts what it says', () => {
  expect(trustOf(history('+++-++'))).toEqual({
    ...{ level: 'trusted', accepted: 5, rejected: 1, streak: 2, failures: 1 },
  });
});
