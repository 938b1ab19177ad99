import { genesisModel } from '../../../test/factories/served-model.js';
import { chatLogprobs, completionLogprobs } from './logprobs.js';

const tokenizer = genesisModel().tokenizer!;
const [fox] = tokenizer.encode(' fox', false);
const [bear] = tokenizer.encode(' bear', false);
const text = (id: number) => tokenizer.tokenText(id);
/** The two halves of a character; alone each reads as U+FFFD. */
const halves = [...Array(2_048).keys()].filter((id) => text(id) === '\ufffd').slice(0, 2);

describe('log-probabilities of completions', () => {
  it('name the chosen token though it is not among the likeliest', () => {
    const chosen = { id: bear, logprob: -5, top: [{ id: fox, logprob: -0.1 }] };
    expect(completionLogprobs(tokenizer, [chosen], 3)).toEqual({
      tokens: [text(bear)],
      token_logprobs: [-5],
      top_logprobs: [{ [text(fox)]: -0.1, [text(bear)]: -5 }],
      text_offset: [3],
    });
  });

  it('give a text the probability of the likeliest token that has it', () => {
    const [first, second] = halves;
    const top = [
      { id: first, logprob: -0.5 },
      { id: second, logprob: -1.5 },
    ];
    const scored = completionLogprobs(tokenizer, [{ id: second, logprob: -1.5, top }], 0);
    expect(scored.top_logprobs).toEqual([{ '\ufffd': -0.5 }]);
  });

  it('are null where nothing comes before, and finite everywhere', () => {
    const first = { id: fox, logprob: null, top: [] };
    const impossible = { id: bear, logprob: -Infinity, top: [] };
    const scored = completionLogprobs(tokenizer, [first, impossible], 0);
    expect(scored).toMatchObject({ token_logprobs: [null, -9999], top_logprobs: [null, {}] });
    expect(scored.text_offset).toEqual([0, text(fox).length]);
  });
});

describe('log-probabilities of chats', () => {
  it('carry the bytes of each token', () => {
    const top = [{ id: halves[0], logprob: -1 }];
    const { content } = chatLogprobs(tokenizer, [{ id: fox, logprob: -2, top }]);
    expect(content).toEqual([
      {
        ...{ token: text(fox), logprob: -2, bytes: [...new TextEncoder().encode(text(fox))] },
        top_logprobs: [{ token: '\ufffd', logprob: -1, bytes: [...tokenizer.tokenBytes(halves[0])!] }],
      },
    ]);
  });
});
