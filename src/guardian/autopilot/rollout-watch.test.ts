import { stepAfter } from './rollout-watch.js';

const HOUR = 3_600_000;
const figures = (answers: number, failed = 0) => ({ answers, failed, firstTokenMs: 5 });

describe('the step after a stage', () => {
  it.each([
    ['shadow', figures(0), 0, null],
    ['shadow', figures(9), HOUR - 1, null],
    ['shadow', figures(10), 0, 'canary'],
    ['shadow', figures(0), HOUR, 'canary'],
    ['canary', figures(10), 0, 'promote'],
    ['canary', figures(0), HOUR, 'promote'],
    ['shadow', figures(10, 1), 0, 'withdraw'],
    ['canary', figures(20, 1), 0, 'withdraw'],
    ['canary', figures(21, 1), 0, 'promote'],
    ['canary', figures(9, 9), 0, null],
    ['canary', figures(9, 9), HOUR, 'withdraw'],
  ] as const)('of a %s with %j after %d ms is %s', (stage, seen, stagedMs, action) =>
    expect(stepAfter(stage, seen, stagedMs, HOUR)?.action ?? null).toBe(action),
  );

  it('says where few have asked, and for how long', () => {
    const why = (answers: number) => stepAfter('canary', figures(answers), 60_000, 60_000)?.why;
    expect(why(2)).toContain('2 answers as canary, of which 0 failed: few asked within 60 s');
    expect(why(10)).toBe('10 answers as canary, of which 0 failed');
  });
});
