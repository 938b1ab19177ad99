import { inputList, MAX_INPUTS } from './input-list.js';

describe('inputs of an embedding request', () => {
  it.each([
    ['a text', 'fox', [{ text: 'fox' }]],
    ['several texts', ['a', 'b'], [{ text: 'a' }, { text: 'b' }]],
    ['token ids', [1, 2], [{ ids: [1, 2] }]],
    ['several lists of token ids', [[1], [2, 3]], [{ ids: [1] }, { ids: [2, 3] }]],
  ])('may be %s', (_, value, expected) => {
    expect(inputList(value)).toEqual(expected);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an empty list', []],
    ['an empty text among others', ['a', '']],
    ['an empty list among others', [[1], []]],
    ['texts and ids', ['a', [1]]],
    ['ids of texts', [['a']]],
    ['a negative id', [-1]],
    ['a broken id', [[1.5]]],
    ['too many', Array<string>(MAX_INPUTS + 1).fill('a')],
    ['an object', { length: 1, 0: 'a' }],
  ])('may not be %s', (_, value) => {
    expect(inputList(value)).toBeNull();
  });
});
