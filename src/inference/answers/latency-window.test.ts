import { LatencyWindow, WINDOW_MS } from './latency-window.js';

function setUp() {
  let now = 1_000_000;
  const sut = new LatencyWindow({ now: () => now });
  return { sut, pass: (ms: number) => (now += ms) };
}

describe('the latest durations', () => {
  it('have quantiles that were measured, in whatever order they came', () => {
    const { sut } = setUp();
    expect(sut.summary()).toEqual({ count: 0, p50: 0, p95: 0 });
    sut.add(7);
    expect(sut.summary()).toEqual({ count: 1, p50: 7, p95: 7 });
    for (let i = 1; i <= 19; i++) sut.add(100 + ((i * 7) % 20));
    // 7 and 101 … 119
    expect(sut.summary()).toEqual({ count: 20, p50: 109, p95: 118 });
  });

  it('are forgotten after five minutes', () => {
    const { sut, pass } = setUp();
    sut.add(900);
    pass(WINDOW_MS - 1);
    sut.add(30);
    expect(sut.summary()).toEqual({ count: 2, p50: 30, p95: 900 });
    pass(1);
    expect(sut.summary()).toEqual({ count: 1, p50: 30, p95: 30 });
    pass(WINDOW_MS);
    expect(sut.summary().count).toBe(0);
  });

  it('are bounded in number: the newest stay', () => {
    const { sut } = setUp();
    for (let i = 1; i <= 3000; i++) sut.add(i);
    expect(sut.summary()).toEqual({ count: 1024, p50: 2488, p95: 2949 });
  });
});
