import { evaluationGain } from './evaluation-gain.js';

const loss = (natsPerByte: number, questions = 'q') => ({ natsPerByte, questions, measuredAt: '' });

describe('the gain of a release over the live one', () => {
  it.each([
    [1, 1, 0.5],
    [0.98, 1, 1],
    [0.5, 1, 1],
    [0.99, 1, 0.75],
    [1.01, 1, 0.25],
    [1.02, 1, 0],
    [3, 1, 0],
  ])('of %d nats per byte against %d is %d', (own, live, feature) => {
    expect(evaluationGain(loss(own), loss(live))?.feature).toBeCloseTo(feature, 12);
  });

  it('is not known where one was not evaluated, or was asked other questions', () => {
    expect(evaluationGain(undefined, loss(1))).toBeNull();
    expect(evaluationGain(loss(1), undefined)).toBeNull();
    expect(evaluationGain(loss(1), loss(1, 'others'))).toBeNull();
  });
});
