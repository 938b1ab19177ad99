import { parseRange } from './byte-range.js';

describe('ranges of a payload of 100 bytes', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 10 }],
    ['bytes=90-', { start: 90, end: 100 }],
    ['bytes=-5', { start: 95, end: 100 }],
    ['bytes=-500', { start: 0, end: 100 }],
    ['bytes=99-500', { start: 99, end: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', null],
    ['bytes=-', null],
    ['bytes=0-1,3-4', null],
    ['lines=0-1', null],
    ['bytes=99999999999999999999-', null],
    [undefined, null],
  ])('%p is %p', (header, range) => expect(parseRange(header, 100)).toEqual(range));
});
