import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '../common/index.js';
import { packageRoot } from '../common/installation.js';
import {
  Calibrator,
  expectedCalibrationError,
  judge,
  parseDecisionMatrix,
  type Circumstances,
  type DecisionRequest,
  type Judged,
  type Outcome,
  type TypeRules,
} from './index.js';

const file = readFileSync(join(packageRoot(), 'config', 'decision-matrix.yaml'), 'utf8');
const { types } = unwrap(parseDecisionMatrix(file));

const quiet: Circumstances = {
  stopped: false,
  automaticInHour: 0,
  secondsSinceLast: null,
  attemptsInDay: 0,
  blastRadius: 0.1,
  ...{ tried: 0, helped: 0 },
};
const request: DecisionRequest = {
  type: 'deployment',
  action: 'promote',
  subject: 'genesis',
  features: {},
  emergency: false,
};

const HEAL = { type: 'healing', action: 'restart_engine' } as const;

/** The outcome and the codes behind it. */
function verdict({
  lower = 0.9,
  estimate = 0.95,
  rules = {},
  now = {},
  asked = {},
}: {
  lower?: number;
  estimate?: number;
  rules?: Partial<TypeRules>;
  now?: Partial<Circumstances>;
  asked?: Partial<DecisionRequest>;
} = {}): string {
  const whole = { ...request, ...asked };
  const confidence = { estimate, lower, support: 100 };
  const { outcome, reasons } = judge(whole, { ...types[whole.type], ...rules }, confidence, {
    ...quiet,
    ...now,
  });
  return [outcome, ...reasons.map(({ code }) => code)].join(' ');
}

describe('judging a decision', () => {
  it.each([
    ['approve CONFIDENT', {}],
    ['approve CONFIDENT', { lower: 0.8 }],
    ['escalate NOT_CONFIDENT', { lower: 0.799 }],
    ['hold STOPPED CONFIDENT', { now: { stopped: true } }],
    ['record SHADOW CONFIDENT', { rules: { shadow: true } }],
    ['hold STOPPED CONFIDENT', { now: { stopped: true }, rules: { shadow: true } }],
    ['escalate RATE_LIMIT CONFIDENT', { now: { automaticInHour: 10 } }],
    ['approve CONFIDENT', { now: { automaticInHour: 9 } }],
    ['escalate COOLDOWN CONFIDENT', { now: { secondsSinceLast: 299 } }],
    ['approve CONFIDENT', { now: { secondsSinceLast: 300 } }],
    ['escalate ATTEMPTS CONFIDENT', { now: { attemptsInDay: 3 } }],
    ['escalate BLAST_RADIUS CONFIDENT', { rules: { blast_radius: 0.05 } }],
    ['approve ALWAYS_AUTOMATIC', { lower: 0, asked: { type: 'scaling', action: 'scale_down' } }],
    [
      'approve ALWAYS_AUTOMATIC',
      { lower: 0, estimate: 0.5, asked: { type: 'scaling', action: 'scale_down' } },
    ],
    [
      'escalate NOT_CONFIDENT',
      { lower: 0, estimate: 0.499, asked: { type: 'scaling', action: 'scale_down' } },
    ],
    ['escalate NOT_CONFIDENT', { lower: 0, asked: { type: 'scaling', action: 'scale_up' } }],
    ['approve ALWAYS_AUTOMATIC', { lower: 0, now: { tried: 4, helped: 0 }, asked: HEAL }],
    ['escalate FAILS_AGAIN', { lower: 0.99, now: { tried: 5, helped: 0 }, asked: HEAL }],
    ['approve ALWAYS_AUTOMATIC', { lower: 0, now: { tried: 20, helped: 14 }, asked: HEAL }],
    ['escalate FAILS_AGAIN', { lower: 0, now: { tried: 20, helped: 10 }, asked: HEAL }],
    ['hold STOPPED FAILS_AGAIN', { now: { tried: 5, helped: 0, stopped: true }, asked: HEAL }],
    ['approve CONFIDENT', { now: { tried: 20, helped: 0 } }],
    [
      'escalate RATE_LIMIT ALWAYS_AUTOMATIC',
      { now: { automaticInHour: 6 }, asked: { type: 'scaling', action: 'scale_down' } },
    ],
    ['approve EMERGENCY', { lower: 0.1, asked: { type: 'rollback', emergency: true } }],
    ['escalate NOT_CONFIDENT', { lower: 0.1, asked: { type: 'rollback' } }],
    ['escalate NOT_CONFIDENT', { lower: 0.1, asked: { type: 'deployment', emergency: true } }],
    [
      'hold STOPPED EMERGENCY',
      { lower: 0.1, asked: { type: 'rollback', emergency: true }, now: { stopped: true } },
    ],
    ['escalate RATE_LIMIT NOT_CONFIDENT', { lower: 0.99, asked: { type: 'guardian_override' } }],
  ] as const)('gives: %s', (expected, given) => {
    expect(verdict(given)).toBe(expected);
  });

  it('says what it would do in shadow mode', () => {
    const confidence = { estimate: 0.5, lower: 0.4, support: 3 };
    const judged = judge(request, { ...types.deployment, shadow: true }, confidence, quiet);
    expect([judged.outcome, judged.intended]).toEqual(['record', 'escalate']);
  });
});

describe('confidence in a world that is harsher than the model believes', () => {
  /** A 32-bit generator (mulberry32), so that a failure can be repeated by its seed. */
  const generator = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  it.each([1, 2, 3, 20_261_122])('is calibrated within 0.05 over 1,000 decisions (seed %i)', (seed) => {
    const random = generator(seed);
    const outcomes: Outcome[] = [];
    const decisions: Judged[] = [];
    const rawDecisions: Judged[] = [];
    for (let i = 0; i < 2_000; i++) {
      const raw = random();
      // what the model calls 0.9 happens in 0.73 of all cases, and what it calls 0.5 in 0.25
      const success = random() < raw * raw * 0.9;
      const { estimate } = Calibrator.fit(outcomes).calibrate(raw);
      if (i >= 1_000) {
        decisions.push({ confidence: estimate, success });
        rawDecisions.push({ confidence: raw, success });
      }
      outcomes.push({ raw, success });
    }
    expect(expectedCalibrationError(rawDecisions)).toBeGreaterThan(0.15);
    expect(expectedCalibrationError(decisions)).toBeLessThanOrEqual(0.05);
  });
});
