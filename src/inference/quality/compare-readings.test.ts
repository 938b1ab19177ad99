import { compareReadings, type Reading } from './compare-readings.js';

const reading = (likely: readonly [probability: number, choice: number][], greedy: number[]): Reading => ({
  scores: likely.map(([probability, choice]) => ({
    id: 1,
    logprob: Math.log(probability),
    top: [{ id: choice, logprob: 0 }],
  })),
  greedy,
});

describe('two sets of weights on the same texts', () => {
  it('are compared token by token', () => {
    const exact = [
      reading(
        [
          [0.5, 1],
          [0.5, 2],
        ],
        [7, 8],
      ),
      reading([[0.25, 3]], [9]),
    ];
    const compact = [
      reading(
        [
          [0.25, 1],
          [0.5, 1],
        ],
        [7, 8],
      ),
      reading([[0.125, 3]], [9, 9]),
    ];
    const report = compareReadings(exact, compact);
    expect(report).toMatchObject({ tokens: 3, answers: 2, same_answers: 1 });
    expect(report.same_choice).toBeCloseTo(2 / 3, 12);
    expect(report.exact_perplexity).toBeCloseTo((2 * 2 * 4) ** (1 / 3), 12);
    expect(report.perplexity).toBeCloseTo((4 * 2 * 8) ** (1 / 3), 12);
  });
});
