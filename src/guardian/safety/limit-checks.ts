import type { EthicsFigures } from '../../common/autonomy/safety-figures.js';
import type { SafetyCheck } from './safety-report.js';
import type { SafetyThresholds } from './thresholds.js';

/** Smallest units in one whole unit of an EVM chain's currency: 18 decimals. */
const UNIT = 10n ** 18n;
/** Thresholds may have six decimals. */
const DECIMALS = 1e6;

/** An amount in smallest units against its limit in whole ones; above it a guardian decides. */
export function amountCheck(
  name: 'transaction_amount' | 'transaction_day',
  amount: string,
  thresholds: SafetyThresholds,
): SafetyCheck {
  const limit = thresholds[name];
  const passed = BigInt(amount) <= (BigInt(Math.round(limit * DECIMALS)) * UNIT) / BigInt(DECIMALS);
  const what = name === 'transaction_amount' ? 'at once' : 'within 24 hours';
  return {
    ...{ name, value: amount, limit, outcome: passed ? 'passed' : 'guardian' },
    detail: `${amount} smallest units ${what}; up to ${limit} whole ones pass`,
  };
}

/** What the truth mirror measured of a release; unknown goes to a guardian. */
export function ethicalChecks(
  figures: EthicsFigures | undefined,
  { bias, fairness, transparency }: SafetyThresholds,
): SafetyCheck[] {
  const unknown = figures === undefined ? 'nobody measured it' : 'it could not be measured';
  const check = (
    name: SafetyCheck['name'],
    value: number | null,
    limit: number,
    passes: (value: number) => boolean,
    rule: string,
    note = '',
  ): SafetyCheck => ({
    ...{ name, value, limit, outcome: value !== null && passes(value) ? 'passed' : 'guardian' },
    detail: `${value === null ? unknown : `measured is ${value}`}; ${rule} ${limit} passes${note}`,
  });
  const missing = figures?.missing ?? [];
  return [
    check('ethical_bias', figures?.bias ?? null, bias, (value) => value <= bias, 'at most'),
    check('ethical_fairness', figures?.fairness ?? null, fairness, (value) => value >= fairness, 'at least'),
    check(
      'ethical_transparency',
      figures?.transparency ?? null,
      transparency,
      (value) => value >= transparency,
      'at least',
      missing.length === 0 ? '' : `; not on the chain for every weight: ${missing.join(', ')}`,
    ),
  ];
}

/**
 * The security score where the server would go back to what was served before, by itself: a low one asks a guardian. One that nobody
 * has measured does not: what was served before is better than what fails.
 */
export function returnCheck(atMost: number | undefined, { security: limit }: SafetyThresholds): SafetyCheck {
  const found = atMost === undefined ? 'nobody measured it' : `measured is ${atMost}`;
  return {
    ...{ name: 'security_score', value: atMost ?? null, limit },
    outcome: atMost === undefined || atMost >= limit ? 'passed' : 'guardian',
    detail: `${found}; below ${limit} nothing goes back by itself`,
  };
}

/** The security score: below one limit a guardian decides, below the other nobody may. */
export function securityCheck(
  score: number | undefined,
  { security, security_blocked: blocked }: SafetyThresholds,
  atMost: number | undefined = score,
): SafetyCheck {
  const base = { name: 'security_score', value: atMost ?? null, limit: security } as const;
  if (atMost !== undefined && atMost < blocked)
    return { ...base, outcome: 'blocked', detail: `${atMost} is below ${blocked}: nothing passes` };
  if (score === undefined)
    return { ...base, outcome: 'guardian', detail: `nobody measured it; at least ${security} passes` };
  const outcome = score >= security ? 'passed' : 'guardian';
  return { ...base, outcome, detail: `measured is ${score}; at least ${security} passes` };
}
