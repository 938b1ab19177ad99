import { auditDetail, auditFigures } from './audit-figures.js';

describe('the figures of an audit', () => {
  const asked = { updates: [0, 1, 5, 39], of: 40, share: 0.0512, until: 0 };

  it('are the odds of the updates that were drawn by chance', () => {
    const { updates, of, share, odds } = auditFigures(asked);
    expect({ updates, of, share }).toEqual({ updates: [0, 1, 5, 39], of: 40, share: 0.0512 });
    expect(odds.tenth).toBeCloseTo(0.19, 12);
    expect(odds.quarter).toBeCloseTo(0.4375, 12);
    expect(odds.half).toBeCloseTo(0.75, 12);
  });

  it('are certain where every update was made again', () =>
    expect(auditFigures({ ...asked, updates: [0, 1, 2], of: 3 }).odds).toEqual({
      tenth: 1,
      quarter: 1,
      half: 1,
    }));

  it('are said in a sentence', () =>
    expect(auditDetail(auditFigures(asked))).toBe(
      '4 of 40 updates, 5.1 % of its tokens, were replayed bit by bit; if a tenth of all were forged, at least 19.0 % of such audits would find it',
    ));
});
