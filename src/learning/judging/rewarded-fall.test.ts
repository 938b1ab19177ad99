import { notAudited, skippedAudit } from '../checks/check-outcome.js';
import { paidBy, type Verdict } from '../verdict/verdict.js';
import { rewardedFall } from './rewarded-fall.js';

const facts = { checks: [], isRound: false, paid: 0 };
const hidden = { ...facts, checks: [notAudited('the contributor does not show the training')] };
const verdict = (fall: number, rewarded?: Verdict['rewarded'], accepted = true) =>
  ({ accepted, figures: { overall: { fall } }, ...(rewarded !== undefined && { rewarded }) }) as Verdict;

describe('what is paid for of a fall of the loss', () => {
  it('is all of it after an audit, or where this server audits nothing', () => {
    expect(rewardedFall(0.05, facts)).toEqual({ fall: 0.05, before: 0 });
  });

  it('is nothing where the training was not shown, but for what a round has made', () => {
    const detail = 'nothing is paid without an audit: the contributor does not show the training';
    expect(rewardedFall(0.05, hidden)).toEqual({
      ...{ fall: 0, before: 0 },
      reason: { code: 'NOT_AUDITED', detail },
    });
    expect(rewardedFall(0.05, { ...hidden, isRound: true })).toEqual({ fall: 0.05, before: 0 });
  });

  it('is all of it where the training was shown, and the server was upgraded before it was replayed', () => {
    const checks = [notAudited('it was trained with another training kernel', true)];
    expect(rewardedFall(0.05, { ...facts, checks })).toEqual({ fall: 0.05, before: 0 });
    expect(rewardedFall(0.05, { ...facts, checks, paid: 0.02 }).before).toBe(0.02);
    expect(skippedAudit(checks)).toContain('another training kernel');
  });

  it('is what others of the same expert were not paid for before, however many come after', () => {
    let paid = 0;
    const falls = [0.05, 0.0625, 0.04].map((fall) => {
      const rewarded = rewardedFall(fall, { ...facts, paid });
      paid = Math.max(paid, paidBy(verdict(fall, rewarded)));
      return rewarded.fall;
    });
    expect(falls.map((fall) => Number(fall.toFixed(6)))).toEqual([0.05, 0.0125, 0]);
    expect(rewardedFall(0.05, { ...facts, paid: 0.05 }).reason?.code).toBe('GAIN_PAID_BEFORE');
    expect(paidBy(verdict(0.5, rewardedFall(0.5, { ...hidden, paid: 0.05 })))).toBe(0.05);
  });

  it('was all of it in older verdicts, and nothing of what was rejected', () => {
    expect(paidBy(verdict(0.05))).toBe(0.05);
    expect(paidBy(verdict(0.05, undefined, false))).toBe(0);
  });
});
