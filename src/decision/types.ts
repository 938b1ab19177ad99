/** What the server may decide about itself. */
export const DECISION_TYPES = [
  'deployment',
  'scaling',
  'rollback',
  'healing',
  'monitoring',
  'guardian_override',
] as const;

/** One of `DECISION_TYPES`. */
export type DecisionType = (typeof DECISION_TYPES)[number];

/** What a confidence is made from: a number from 0 (speaks against it) to 1 (speaks for it) per named feature. */
export type Features = Readonly<Record<string, number>>;

/** An action that somebody or something wants taken. */
export interface DecisionRequest {
  readonly type: DecisionType;
  /** Which action of the type: `promote`, `scale_down`, `restart_engine`, … */
  readonly action: string;
  /** Whom it concerns: a model, a component; cooldowns and attempts count per action and subject. */
  readonly subject: string;
  readonly features: Features;
  /** Whether harm is being done right now. */
  readonly emergency: boolean;
}
