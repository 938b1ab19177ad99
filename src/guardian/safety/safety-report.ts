/** One limit and what was measured against it. */
export interface SafetyCheck {
  readonly name:
    | 'transaction_amount'
    | 'transaction_day'
    | 'ethical_bias'
    | 'ethical_fairness'
    | 'ethical_transparency'
    | 'security_score';
  /** Null: nobody measured it, which never passes. */
  readonly value: number | string | null;
  readonly limit: number | string;
  /** `guardian`: a person must decide; `blocked`: not even a person may let it pass. */
  readonly outcome: 'passed' | 'guardian' | 'blocked';
  readonly detail: string;
}

/** What the checks say together: as the worst of them. */
export interface SafetyReport {
  readonly outcome: SafetyCheck['outcome'];
  readonly checks: readonly SafetyCheck[];
}

const ORDER = ['passed', 'guardian', 'blocked'] as const;

/** Puts checks together. */
export function safetyReport(checks: readonly SafetyCheck[]): SafetyReport {
  const worst = Math.max(0, ...checks.map(({ outcome }) => ORDER.indexOf(outcome)));
  return { outcome: ORDER[worst], checks };
}
