import type { Answer, PreparedAnswer } from '../answers/answer-request.js';
import { usageOf } from './answer-format.js';

const prepared = { promptIds: Array.from({ length: 100 }, (_, i) => i) } as unknown as PreparedAnswer;
const answer = (cachedTokens: number) => ({ completionTokens: 7, cachedTokens }) as Answer;

describe('token counts of an answer', () => {
  it.each([
    ['nothing was there', [0], 0],
    ['a part was there', [64], 64],
    ['choices shared the work of an unknown prompt', [0, 64, 36], 0],
    ['every choice computed only the end of a known prompt', [96, 96], 92],
  ])('name as cached what no choice computed: %s', (_, cached, expected) => {
    expect(usageOf(prepared, cached.map(answer))).toEqual({
      prompt_tokens: 100,
      completion_tokens: 7 * cached.length,
      total_tokens: 100 + 7 * cached.length,
      prompt_tokens_details: { cached_tokens: expected },
    });
  });
});
