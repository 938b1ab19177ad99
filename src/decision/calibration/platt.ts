import { ln } from '../../common/mathematics.js';
import { logistic } from '../confidence/feature-model.js';
import type { Outcome } from './isotonic.js';

/** How far intercept and slope stray from "the raw confidence is right", as standard deviations of a normal prior. */
const INTERCEPT_SPREAD = 1;
const SLOPE_SPREAD = 0.5;
/** Raw confidences are kept this far from 0 and 1, where log-odds have no end. */
const EDGE = 1e-6;
/** Newton's method is there after five or six; a step is cut to this length, so that it cannot run away. */
const MOST_STEPS = 25;
const LONGEST_STEP = 1;
const NEAR = 1e-9;

/** Logistic line through log-odds of raw confidences. */
export interface PlattLine {
  readonly intercept: number;
  /** Never below 0: a higher raw confidence is never worth less. */
  readonly slope: number;
}

/** Share a raw confidence is worth on the line, 0 to 1; non-decreasing in `raw`. */
export function onPlattLine({ intercept, slope }: PlattLine, raw: number): number {
  return logistic(intercept + slope * logOdds(raw));
}

/**
 * Platt scaling (1999) with a normal prior around the identity, by Newton's method on the penalised log-likelihood. Without
 * outcomes the raw confidence is kept; few outcomes move it everywhere, which steps cannot do. O(n) per step.
 */
export function plattLine(outcomes: readonly Outcome[]): PlattLine {
  const points = outcomes.map(({ raw, success }) => ({ x: logOdds(raw), y: success ? 1 : 0 }));
  let line: PlattLine = { intercept: 0, slope: 1 };
  for (let step = 0; step < MOST_STEPS; step++) {
    const [byIntercept, bySlope] = newtonStep(points, line);
    line = { intercept: line.intercept + cut(byIntercept), slope: line.slope + cut(bySlope) };
    if (Math.abs(byIntercept) + Math.abs(bySlope) < NEAR) break;
  }
  return { intercept: line.intercept, slope: Math.max(0, line.slope) };
}

/** Gradient over curvature of the penalised log-likelihood: its maximum as seen from here. */
function newtonStep(
  points: readonly { readonly x: number; readonly y: number }[],
  { intercept, slope }: PlattLine,
): readonly [number, number] {
  const [a, b] = [1 / INTERCEPT_SPREAD ** 2, 1 / SLOPE_SPREAD ** 2];
  let [toIntercept, toSlope] = [-intercept * a, (1 - slope) * b];
  let [aa, ab, bb] = [a, 0, b];
  for (const { x, y } of points) {
    const p = logistic(intercept + slope * x);
    const variance = p * (1 - p);
    toIntercept += y - p;
    toSlope += (y - p) * x;
    aa += variance;
    ab += variance * x;
    bb += variance * x * x;
  }
  const determinant = aa * bb - ab * ab;
  return [(bb * toIntercept - ab * toSlope) / determinant, (aa * toSlope - ab * toIntercept) / determinant];
}

function cut(step: number): number {
  return Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, step));
}

function logOdds(share: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, share));
  return ln(inside / (1 - inside));
}
