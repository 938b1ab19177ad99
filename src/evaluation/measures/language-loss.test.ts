import { languageLoss } from './language-loss.js';

describe('how well a model predicts the sentences', () => {
  it('is counted per byte of text, so that releases with other tokens can be compared', () => {
    const scored = [
      { sentence: 'abcd', logprobs: [-1, -2] },
      { sentence: 'é', logprobs: [-3] },
    ];
    expect(languageLoss(scored)).toEqual({ nats_per_byte: 1, sentences: 2, bytes: 6 });
    const finer = [
      { sentence: 'abcd', logprobs: [-0.5, -0.5, -2] },
      { sentence: 'é', logprobs: [-3] },
    ];
    expect(languageLoss(finer)).toEqual(languageLoss(scored));
  });

  it('is not known of nothing', () => {
    expect(languageLoss([])).toBeNull();
  });
});
