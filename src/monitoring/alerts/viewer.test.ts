import type { Alert } from './alert.js';
import { GONE_MS, goneAfter, isAbandoned, mayEnd } from './viewer.js';

const DAY_MS = 86_400_000;
const [mine, other] = ['0123456789ab', 'ba9876543210'];
const alert = (fingerprint: string) => ({ fingerprint, seenAt: 0 }) as Alert;

describe('servers that look at the same database', () => {
  it('count as gone after a day, or three rounds where those take longer, and never where there are none', () => {
    expect([5, 480, 1_440, 0].map(goneAfter)).toEqual([GONE_MS, DAY_MS, 3 * DAY_MS, Infinity]);
    const silent = (minutes: number) =>
      isAbandoned(alert(`a.x@${other}`), { instance: mine, goneMs: goneAfter(minutes) }, 2 * DAY_MS);
    expect([5, 1_440, 0].map(silent)).toEqual([true, false, false]);
  });

  it('end their own and shared trouble, but none that they could not look at', () => {
    const viewer = { instance: mine, goneMs: GONE_MS, unseen: ['a.y'] };
    const ends = ['a.x', 'a.y', `a.x@${mine}`, `a.x@${other}`].map((each) => mayEnd(alert(each), viewer, 1));
    expect(ends).toEqual([true, false, true, false]);
  });
});
