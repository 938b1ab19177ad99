/** What decisions of one type may do by themselves; the names are those of the file, documented there. */
export interface TypeRules {
  /** Least lower bound of the confidence, 0 to 1. */
  readonly threshold: number;
  readonly automatic_per_hour: number;
  /** Seconds. */
  readonly cooldown_s: number;
  readonly attempts_per_day: number;
  /** 0 to 1. */
  readonly blast_radius: number;
  /** Seconds. */
  readonly answer_within_s: number;
  readonly shadow: boolean;
  readonly automatic_actions: readonly string[];
  /** Least estimate at which one of `automatic_actions` passes, 0 to 1; 0 where a file says nothing. */
  readonly automatic_estimate: number;
  readonly automatic_in_emergency: boolean;
}

interface FieldCheck {
  readonly allowed: string;
  holds(value: unknown): boolean;
}

const DAY = 86_400;
const ACTION = /^[a-z][a-z0-9_]{0,63}$/;
const MOST_ACTIONS = 32;

const share: FieldCheck = {
  allowed: 'a number from 0 to 1',
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 1,
};
const flag: FieldCheck = { allowed: 'true or false', holds: (value) => typeof value === 'boolean' };
const whole = (least: number, most: number): FieldCheck => ({
  allowed: `a whole number from ${least} to ${most}`,
  holds: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
});

/** What is allowed in each field. */
export const FIELD_CHECKS: Readonly<Record<keyof TypeRules, FieldCheck>> = {
  threshold: share,
  automatic_per_hour: whole(0, 1_000),
  cooldown_s: whole(0, 30 * DAY),
  attempts_per_day: whole(0, 1_000),
  blast_radius: share,
  answer_within_s: whole(10, 30 * DAY),
  shadow: flag,
  automatic_actions: {
    allowed: `a list of at most ${MOST_ACTIONS} names of actions`,
    holds: (value) =>
      Array.isArray(value) &&
      value.length <= MOST_ACTIONS &&
      value.every((name) => typeof name === 'string' && ACTION.test(name)),
  },
  automatic_estimate: share,
  automatic_in_emergency: flag,
};
