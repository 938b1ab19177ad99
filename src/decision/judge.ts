import { wilsonLower, type Calibrated } from './calibration/calibrator.js';
import type { TypeRules } from './matrix/rules.js';
import type { DecisionRequest } from './types.js';

/** What has happened so far that limits what may happen now. */
export interface Circumstances {
  /** Whether a guardian has stopped all automatic action. */
  readonly stopped: boolean;
  /** Decisions of the type that passed without a guardian in the last hour. */
  readonly automaticInHour: number;
  /** Seconds since the last automatic action of this kind on this subject; null: never. */
  readonly secondsSinceLast: number | null;
  /** Automatic attempts of this kind on this subject in the last day. */
  readonly attemptsInDay: number;
  /** Share of what the server does that the action would touch, 0 to 1. */
  readonly blastRadius: number;
  /** Recorded outcomes of the same action against the same cause, the newest ones, and how many of them helped. */
  readonly tried: number;
  readonly helped: number;
}

/** Why a decision went the way it did; codes are stable. */
export interface Reason {
  readonly code:
    | 'STOPPED'
    | 'SHADOW'
    | 'RATE_LIMIT'
    | 'COOLDOWN'
    | 'ATTEMPTS'
    | 'BLAST_RADIUS'
    | 'ALWAYS_AUTOMATIC'
    | 'FAILS_AGAIN'
    | 'EMERGENCY'
    | 'CONFIDENT'
    | 'NOT_CONFIDENT';
  readonly detail: string;
}

/**
 * `approve`: act now. `escalate`: a guardian decides. `hold`: nothing happens, not even a question, because automatic action
 * is stopped. `record`: what would have happened is written down (shadow mode).
 */
export interface Verdict {
  readonly outcome: 'approve' | 'escalate' | 'hold' | 'record';
  /** What would have happened without shadow mode. */
  readonly intended: 'approve' | 'escalate';
  readonly reasons: readonly Reason[];
}

/**
 * Successes that an automatic action is trusted with before it was ever tried: 0.92 at least, so that it passes on a new server,
 * and falls below 0.85 with two failures in a row, below 0.75 with five.
 */
const TRUSTED = 30;

/** Whether an action may be taken without asking. A pure function: the record of a decision holds all it was made from. */
export function judge(
  request: DecisionRequest,
  rules: TypeRules,
  confidence: Calibrated,
  circumstances: Circumstances,
): Verdict {
  const limits = brokenLimits(rules, circumstances);
  const grounds = groundsFor(request, rules, confidence, circumstances);
  const passes = grounds.code !== 'NOT_CONFIDENT' && grounds.code !== 'FAILS_AGAIN';
  const intended = limits.length === 0 && passes ? 'approve' : 'escalate';
  const reasons = [...limits, grounds];
  if (circumstances.stopped) {
    return {
      outcome: 'hold',
      intended,
      reasons: [reason('STOPPED', 'automatic action is stopped'), ...reasons],
    };
  }
  if (rules.shadow) {
    const shadow = reason('SHADOW', `this type of decision is only recorded; it would be: ${intended}`);
    return { outcome: 'record', intended, reasons: [shadow, ...reasons] };
  }
  return { outcome: intended, intended, reasons };
}

function brokenLimits(rules: TypeRules, now: Circumstances): Reason[] {
  const reasons: Reason[] = [];
  if (now.automaticInHour >= rules.automatic_per_hour) {
    reasons.push(
      reason('RATE_LIMIT', `${now.automaticInHour} in the last hour, ${rules.automatic_per_hour} allowed`),
    );
  }
  if (now.secondsSinceLast !== null && now.secondsSinceLast < rules.cooldown_s) {
    reasons.push(
      reason('COOLDOWN', `the last one was ${now.secondsSinceLast} s ago, ${rules.cooldown_s} s must pass`),
    );
  }
  if (now.attemptsInDay >= rules.attempts_per_day) {
    reasons.push(
      reason('ATTEMPTS', `${now.attemptsInDay} attempts in a day, ${rules.attempts_per_day} allowed`),
    );
  }
  if (now.blastRadius > rules.blast_radius) {
    reasons.push(
      reason(
        'BLAST_RADIUS',
        `it would touch ${percent(now.blastRadius)}, ${percent(rules.blast_radius)} is allowed`,
      ),
    );
  }
  return reasons;
}

function groundsFor(
  request: DecisionRequest,
  rules: TypeRules,
  { lower, estimate }: Calibrated,
  { tried, helped }: Circumstances,
): Reason {
  if (rules.automatic_actions.includes(request.action)) {
    const trust = trustIn(helped, tried);
    const record = `helped ${helped} of the last ${tried} times, at least ${trust.toFixed(3)}`;
    if (trust < rules.threshold)
      return reason('FAILS_AGAIN', `${request.action} ${record}; asked for is ${rules.threshold}`);
    if (estimate >= rules.automatic_estimate)
      return reason('ALWAYS_AUTOMATIC', `${request.action} need not earn its confidence first; ${record}`);
  }
  if (request.emergency && rules.automatic_in_emergency) {
    return reason('EMERGENCY', 'an emergency passes whatever the confidence');
  }
  const figures = `at least ${lower.toFixed(3)} (estimate ${estimate.toFixed(3)}), asked for is ${rules.threshold}`;
  return lower >= rules.threshold ? reason('CONFIDENT', figures) : reason('NOT_CONFIDENT', figures);
}

/**
 * How often an automatic action helps at least, with 95 % certainty: Wilson's lower bound of its recorded outcomes and of the
 * successes it is trusted with in advance.
 */
function trustIn(helped: number, tried: number): number {
  const all = tried + TRUSTED;
  return wilsonLower((helped + TRUSTED) / all, all);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function reason(code: Reason['code'], detail: string): Reason {
  return { code, detail };
}
