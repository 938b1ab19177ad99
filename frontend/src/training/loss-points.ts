/** A long row of losses in a bounded number of points: each is the mean of `stride` updates. */
export interface LossPoints {
  readonly stride: number;
  readonly means: readonly number[];
  /** Losses that do not make a point yet. */
  readonly rest: readonly number[];
}

/** No updates yet. */
export const NO_LOSSES: LossPoints = { stride: 1, means: [], rest: [] };

/** Points that a picture is drawn from, at most. */
const MOST_POINTS = 512;

/** Adds losses; where there are too many points, two become one. */
export function addLosses({ stride, means, rest }: LossPoints, losses: readonly number[]): LossPoints {
  let [points, pending, width] = [[...means], [...rest], stride];
  for (const loss of losses) {
    pending.push(loss);
    if (pending.length < width) continue;
    points.push(pending.reduce((sum, each) => sum + each, 0) / width);
    pending = [];
    if (points.length < MOST_POINTS) continue;
    points = halved(points);
    width *= 2;
  }
  return { stride: width, means: points, rest: pending };
}

/** The update in the middle of each point, from 1, and its loss. */
export function pointsOf({ stride, means }: LossPoints): { step: number; loss: number }[] {
  return means.map((loss, i) => ({ step: i * stride + (stride + 1) / 2, loss }));
}

function halved(points: readonly number[]): number[] {
  return Array.from({ length: points.length / 2 }, (_, i) => (points[2 * i] + points[2 * i + 1]) / 2);
}
