import { ServingPlan } from './serving-plan.js';

const CANARY = { release: 'ab'.repeat(32), stage: 'canary', share: 0.25 } as const;

describe('the serving plan', () => {
  it('cuts the share of a canary from the request alone', () => {
    const [sut, other] = [new ServingPlan(), new ServingPlan()];
    for (const plan of [sut, other]) plan.stage('genesis', CANARY);
    const keys = Array.from({ length: 4000 }, (_, i) => `request ${i}`);
    const picked = keys.map((key) => sut.pick('genesis', 'canary', () => key) !== null);
    expect(keys.map((key) => other.pick('genesis', 'canary', () => key) !== null)).toEqual(picked);
    const share = picked.filter(Boolean).length / keys.length;
    expect(Math.abs(share - CANARY.share)).toBeLessThan(0.03);
    sut.stage('genesis', { ...CANARY, share: 1 });
    expect(keys.every((key) => sut.pick('genesis', 'canary', () => key) === CANARY.release)).toBe(true);
    expect(sut.pick('genesis', 'shadow', () => 'x')).toBeNull();
    expect(sut.pick('other', 'canary', () => 'x')).toBeNull();
    sut.stage('genesis', null);
    expect(sut.pick('genesis', 'canary', () => 'x')).toBeNull();
  });

  it('never asks for the key where nothing is staged', () => {
    const key = () => {
      throw new Error('asked');
    };
    expect(new ServingPlan().pick('genesis', 'canary', key)).toBeNull();
  });

  it('counts how answers went, anew for another staged release and for another stage', () => {
    const sut = new ServingPlan();
    expect(sut.takeFigures()).toEqual([]);
    sut.observe('a', 10);
    sut.observe('a', 30);
    sut.observe('a', null);
    const counted = sut.takeFigures();
    expect(counted).toEqual([{ release: 'a', answers: 3, failed: 1, timed: 2, totalMs: 40 }]);
    expect(sut.takeFigures()).toEqual([]);
    sut.giveBackFigures(counted);
    sut.stage('m', { release: 'a', stage: 'shadow', share: 1 });
    expect(sut.takeFigures()).toEqual([]);
    sut.observe('a', 1);
    sut.stage('m', { release: 'a', stage: 'shadow', share: 0.1 });
    sut.giveBackFigures(counted);
    expect(sut.takeFigures()).toEqual([{ release: 'a', answers: 4, failed: 1, timed: 3, totalMs: 41 }]);
    sut.observe('a', 1);
    sut.stage('m', { release: 'a', stage: 'canary', share: 0.1 });
    expect(sut.takeFigures()).toEqual([]);
  });

  it('keeps what nobody takes within bounds', () => {
    const sut = new ServingPlan();
    for (let i = 0; i < 100; i++) sut.observe(`release ${i}`, 1);
    expect(sut.takeFigures()).toHaveLength(64);
  });

  it('refuses answers with the reason while it is closed', () => {
    const sut = new ServingPlan();
    expect(sut.open().ok).toBe(true);
    sut.close('stopped by ada: fire');
    expect(sut.open()).toMatchObject({ ok: false, error: { code: 'INFERENCE_STOPPED', status: 503 } });
    sut.close(null);
    expect(sut.open().ok).toBe(true);
  });
});
