import type { Features } from '../../decision/index.js';

/** A live release does worse than the one before it. */
export interface Regression {
  /** Answers fail: nobody is asked first where the matrix lets an emergency pass. */
  readonly emergency: boolean;
  /** For whoever must decide. */
  readonly why: string;
}

/** From which `error_rate` on (1: a fifth of the answers fails) it is an emergency, where the release before did well. */
const FULL = 1;
/** Share of the answers of the release before that must have ended as they should. */
const SOUND = 0.95;
/** From which `latency` on (1: three times as long to the first token) a guardian is asked. */
const SLOW = 1;
const DOUBTFUL = 0.5;

/**
 * Whether to go back, from the features of a rollback (src/decision): null while there is no reason. Where nothing is known of the
 * release before, failures alone are no emergency: going back may not help.
 */
export function regressionIn(features: Features): Regression | null {
  const { error_rate: failures = 0, latency = 0, target_health: before } = features;
  if (failures >= FULL && before !== undefined && before >= SOUND)
    return { emergency: true, why: 'a fifth of the answers or more fail, which they did not before' };
  if (failures >= DOUBTFUL) return { emergency: false, why: 'a tenth of the answers or more fail' };
  if (latency >= SLOW)
    return { emergency: false, why: 'the first token takes three times as long as before' };
  return null;
}
