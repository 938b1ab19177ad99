import type { RoleName } from '../../auth/index.js';
import { RISKS, type Risk } from '../steps/step-handler.js';
import { isWithinHours } from './policy-hours.js';
import type { PolicyRule, PolicySet } from './policy-rules.js';

/** What a policy is asked about. */
export interface PolicyQuestion {
  readonly actionType: string;
  /** What the step's handler says of it. */
  readonly risk: Risk;
  readonly movesValue: boolean;
  readonly alwaysApproval: boolean;
  /** What the action moves, decimal digits; null where it moves nothing. */
  readonly amount: string | null;
  readonly roles: readonly RoleName[];
  /** ms since the epoch. */
  readonly at: number;
}

/** What the policies say of an action. */
export interface PolicyVerdict {
  readonly allowed: boolean;
  readonly risk: Risk;
  readonly requires_approval: boolean;
  readonly four_eyes: boolean;
  /** The pattern of the rule that won; null where none matches. */
  readonly rule: string | null;
  readonly daily_amount: string | null;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** The rule for an action: the one with the most literal characters wins. Null where none matches. */
export function ruleFor(policies: PolicySet, actionType: string): PolicyRule | null {
  const matching = policies.filter(({ action_type: pattern }) => matches(pattern, actionType));
  return matching.reduce<PolicyRule | null>(
    (best, rule) => (best === null || specificity(rule) > specificity(best) ? rule : best),
    null,
  );
}

/**
 * Asks the policies. Pure. Without a rule, what moves value is denied and the rest is allowed; what is of high risk asks for
 * approval by itself.
 */
export function askPolicies(policies: PolicySet, question: PolicyQuestion): PolicyVerdict {
  const rule = ruleFor(policies, question.actionType);
  const risk = worse(question.risk, rule?.risk ?? 'low');
  const denied = whyDenied(rule, question);
  return {
    allowed: denied === null,
    risk,
    requires_approval:
      question.alwaysApproval ||
      rule?.requires_approval === true ||
      RISKS.indexOf(risk) >= RISKS.indexOf('high'),
    four_eyes: rule?.four_eyes === true,
    rule: rule?.action_type ?? null,
    daily_amount: rule?.daily_amount ?? null,
    reason: denied ?? (rule === null ? 'no rule forbids it' : `the rule ${rule.action_type} allows it`),
  };
}

function whyDenied(
  rule: PolicyRule | null,
  { movesValue, amount, roles, at }: PolicyQuestion,
): string | null {
  if (rule === null) return movesValue ? 'it moves value and no rule allows it' : null;
  const name = `the rule ${rule.action_type}`;
  if (!rule.allowed) return `${name} forbids it`;
  if (amount !== null && rule.max_amount !== null && BigInt(amount) > BigInt(rule.max_amount))
    return `${name} allows at most ${rule.max_amount} at once`;
  if (
    rule.roles !== null &&
    !roles.includes('admin') &&
    !rule.roles.some((role) => roles.includes(role as RoleName))
  )
    return `${name} needs the role ${rule.roles.join(' or ')}`;
  if (rule.hours !== null && !isWithinHours(rule.hours, at))
    return `${name} allows it from ${rule.hours.from} to ${rule.hours.to} (${rule.hours.zone}) only`;
  return null;
}

function matches(pattern: string, actionType: string): boolean {
  const [first, ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === actionType;
  if (!actionType.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() as string;
  for (const part of rest) {
    const found = actionType.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return actionType.length - last.length >= at && actionType.endsWith(last);
}

function specificity({ action_type: pattern }: PolicyRule): number {
  // A pattern without a star beats every pattern with one.
  return pattern.includes('*') ? pattern.replaceAll('*', '').length : Number.MAX_SAFE_INTEGER;
}

function worse(a: Risk, b: Risk): Risk {
  return RISKS.indexOf(a) >= RISKS.indexOf(b) ? a : b;
}
