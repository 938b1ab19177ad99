import { addLosses, NO_LOSSES, pointsOf } from './loss-points.js';

const row = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('points of a loss curve', () => {
  it('are the losses themselves while there are few', () => {
    const points = addLosses(addLosses(NO_LOSSES, [3, 2]), [1]);
    expect(pointsOf(points)).toEqual([
      { step: 1, loss: 3 },
      { step: 2, loss: 2 },
      { step: 3, loss: 1 },
    ]);
  });

  it('stay few, each the mean of its updates, however the losses arrive', () => {
    const whole = addLosses(NO_LOSSES, row(100_000));
    const bitwise = row(100_000).reduce((points, loss) => addLosses(points, [loss]), NO_LOSSES);
    expect(bitwise).toEqual(whole);
    const points = pointsOf(whole);
    expect(points.length).toBeLessThanOrEqual(512);
    expect(points.length).toBeGreaterThan(255);
    // The loss of update n is n - 1, so a mean is the middle of its updates.
    for (const { step, loss } of points) expect(loss).toBeCloseTo(step - 1, 6);
    expect(whole.means.length * whole.stride + whole.rest.length).toBe(100_000);
  });
});
