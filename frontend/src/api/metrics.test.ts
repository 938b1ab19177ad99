import type { LiveConnection, LiveMessage } from './live.js';
import { MetricsHistory } from './metrics.js';

function setUp() {
  let hear: (message: LiveMessage) => void = () => undefined;
  const live = { onMessage: (handler: typeof hear) => ((hear = handler), () => undefined) };
  const sut = new MetricsHistory();
  sut.follow(live as unknown as LiveConnection);
  const say = (at: number, data: Readonly<Record<string, unknown>>) =>
    hear({ topic: 'metrics', type: 'figures', at, data } as LiveMessage);
  return { sut, say };
}

describe('the history of metrics', () => {
  it('has quantiles of latency where answers were measured, and none where none were', () => {
    const { sut, say } = setUp();
    const first = { first_token_count: 3, first_token_p50_ms: 41.5, first_token_p95_ms: 120 };
    say(1, {
      tokens_per_second: 2,
      ...first,
      output_token_count: 0,
      output_token_p50_ms: 0,
      output_token_p95_ms: 0,
    });
    say(2, { tokens_per_second: 2 });
    expect(sut.current().map(({ latency }) => latency)).toEqual([
      { firstToken: { count: 3, p50: 41.5, p95: 120 }, outputToken: { count: 0, p50: null, p95: null } },
      { firstToken: { count: 0, p50: null, p95: null }, outputToken: { count: 0, p50: null, p95: null } },
    ]);
  });
});
