import { requestOf as requestFor, typedDatasets, USUAL_WISH, type TypedWish } from './wish.js';

const requestOf = (wish: TypedWish) => requestFor(wish, 4);
const HASH = 'ab'.repeat(32);
const wish = { ...USUAL_WISH, model: 'genesis', expert: 'layer0.expert0', text: '{"text":"a"}' };

describe('what is asked of a training', () => {
  it('is what stemma train takes where nothing is said', () =>
    expect(requestOf(wish)).toMatchObject({
      ...{ model: 'genesis', expert: 'layer0.expert0', minutes: 10, steps: null, learningRate: 0.001 },
      ...{ batchTokens: 2048, seed: '1', threads: 1, datasets: [] },
    }));

  it('learns from a file rather than from a text', () => {
    const file = new File(['{}'], 'mine.jsonl');
    expect(requestOf({ ...wish, file })?.data).toBe(file);
    expect(requestOf({ ...wish, text: ' \n' })).toBeNull();
  });

  it.each([
    { model: null },
    { expert: null },
    { minutes: 0.01 },
    { minutes: '' },
    { minutes: 10_081 },
    { learningRate: 2 },
    { learningRate: '-' },
    { steps: 0 },
    { steps: 1.5 },
    { batchTokens: 15 },
    { threads: 5 },
    { seed: 'a'.repeat(1025) },
    { datasets: 'nothing' },
  ])('is not complete with %p', (change) => expect(requestOf({ ...wish, ...change })).toBeNull());

  it('names datasets once, in order', () => {
    const other = 'aa'.repeat(32);
    expect(typedDatasets(` ${HASH}, ${other}\n${HASH}`)).toEqual([other, HASH]);
    expect(typedDatasets(HASH.toUpperCase())).toBeNull();
  });
});
