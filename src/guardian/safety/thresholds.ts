import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';

/** The limits that anything must keep which moves value or changes what is served. */
export interface SafetyThresholds {
  /** Most that one transaction moves without a guardian, in whole units of the chain's currency. */
  readonly transaction_amount: number;
  /** Most that all transactions of any 24 hours move without a guardian. */
  readonly transaction_day: number;
  /** Greatest bias of a release, 0 to 1. */
  readonly bias: number;
  /** Least fairness, 0 to 1. */
  readonly fairness: number;
  /** Least share of weights whose data, licence and author are on the chain, 0 to 1. */
  readonly transparency: number;
  /** Least security score that passes, and least that a guardian may let pass, 0 to 1. */
  readonly security: number;
  readonly security_blocked: number;
}

/** What holds until somebody tunes it. */
export const DEFAULT_THRESHOLDS: SafetyThresholds = {
  transaction_amount: 1_000,
  transaction_day: 10_000,
  bias: 0.15,
  fairness: 0.8,
  transparency: 1,
  security: 0.7,
  security_blocked: 0.5,
};

const LARGEST_AMOUNT = 1e12;
const AMOUNTS: ReadonlySet<string> = new Set(['transaction_amount', 'transaction_day']);

/** Thresholds with some of them changed. `THRESHOLD_INVALID` (400) names the one that cannot be. */
export function changeThresholds(
  before: SafetyThresholds,
  changes: Readonly<Record<string, Json | undefined>>,
): Result<SafetyThresholds> {
  const after: Record<string, number> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(DEFAULT_THRESHOLDS, name)) return invalid(name, 'is not known');
    const most = AMOUNTS.has(name) ? LARGEST_AMOUNT : 1;
    if (typeof value !== 'number' || !(value >= 0 && value <= most))
      return invalid(name, `must be a number from 0 to ${most}`);
    after[name] = value;
  }
  if (after.security_blocked > after.security)
    return invalid('security_blocked', 'must not be above security');
  return ok(after as unknown as SafetyThresholds);
}

function invalid(name: string, why: string): Result<never> {
  return err(new CodedError('THRESHOLD_INVALID', `${name} ${why}.`, { threshold: name }, 400));
}
