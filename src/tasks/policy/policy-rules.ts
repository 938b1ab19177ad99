import { parse } from 'yaml';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { RISKS, type Risk } from '../steps/step-handler.js';
import { parseHours, type PolicyHours } from './policy-hours.js';

/** One rule as its file writes it. Absent members ask for nothing. */
export interface PolicyRule {
  /** The action, or a pattern whose `*` stands for anything. */
  readonly action_type: string;
  readonly allowed: boolean;
  readonly risk: Risk | null;
  readonly requires_approval: boolean;
  readonly four_eyes: boolean;
  /** Most that one action may move, in the smallest unit, decimal digits. */
  readonly max_amount: string | null;
  /** Most that all actions of the rule's type may move in any 24 hours. */
  readonly daily_amount: string | null;
  /** Roles of which whoever asks needs one; null: anybody. */
  readonly roles: readonly string[] | null;
  readonly hours: PolicyHours | null;
}

/** Rules of all files together. */
export type PolicySet = readonly PolicyRule[];

/** What holds where no policies are known: nothing is allowed, to nobody. */
export const NOTHING_ALLOWED: PolicySet = [
  {
    ...{ action_type: '*', allowed: false, risk: null, requires_approval: false, four_eyes: false },
    ...{ max_amount: null, daily_amount: null, roles: null, hours: null },
  },
];

const MOST_RULES = 500;
const PATTERN = /^[a-z*][a-z0-9_.*-]{0,99}$/;
const MEMBERS = [
  'action_type',
  'allowed',
  'risk',
  'requires_approval',
  'four_eyes',
  'max_amount',
  'daily_amount',
  'roles',
  'hours',
];
const ROLES = ['public', 'user', 'contributor', 'node', 'guardian', 'admin'];

/** Reads one policy file: `{version: 1, rules: […]}`. `POLICY_INVALID` (422) names file, rule and what is allowed. */
export function parsePolicyFile(file: string, text: string): Result<PolicySet> {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (thrown) {
    return refuse(file, messageOf(thrown).split('\n')[0]);
  }
  if (!isTable(document) || document.version !== 1 || !Array.isArray(document.rules))
    return refuse(file, 'it must hold version: 1 and a list of rules');
  const extra = Object.keys(document).find((key) => key !== 'version' && key !== 'rules');
  if (extra !== undefined) return refuse(file, `unknown member "${extra}"`);
  if (document.rules.length > MOST_RULES) return refuse(file, `more than ${MOST_RULES} rules`);
  const rules: PolicyRule[] = [];
  for (const [index, raw] of document.rules.entries()) {
    const rule = parseRule(raw);
    if (!rule.ok) return refuse(file, `rule ${index + 1}: ${rule.error}`);
    rules.push(rule.value);
  }
  return joinPolicies([{ file, rules }]);
}

/** Joins the rules of files; two rules of one pattern are refused, because neither could win. */
export function joinPolicies(files: readonly { file: string; rules: PolicySet }[]): Result<PolicySet> {
  const seen = new Set<string>();
  for (const { file, rules } of files) {
    for (const { action_type: pattern } of rules) {
      if (seen.has(pattern)) return refuse(file, `a second rule for ${pattern}`);
      seen.add(pattern);
    }
  }
  return ok(files.flatMap(({ rules }) => rules));
}

function parseRule(raw: unknown): Result<PolicyRule, string> {
  if (!isTable(raw)) return err('a rule is a table');
  const unknown = Object.keys(raw).find((key) => !MEMBERS.includes(key));
  if (unknown !== undefined) return err(`unknown member "${unknown}"`);
  const { action_type, allowed, risk = null, max_amount = null, daily_amount = null, roles = null } = raw;
  if (typeof action_type !== 'string' || !PATTERN.test(action_type))
    return err(
      'action_type is an action such as onchain_action.transfer, or a pattern such as onchain_action.*',
    );
  if (typeof allowed !== 'boolean') return err('allowed is true or false');
  if (risk !== null && !RISKS.includes(risk as Risk)) return err(`risk is one of ${RISKS.join(', ')}`);
  if (!isFlag(raw.requires_approval) || !isFlag(raw.four_eyes))
    return err('requires_approval and four_eyes are true or false');
  if (!isAmount(max_amount) || !isAmount(daily_amount))
    return err('max_amount and daily_amount are whole amounts in quotes, such as "1000"');
  if (roles !== null && !(Array.isArray(roles) && roles.every((role) => ROLES.includes(String(role)))))
    return err(`roles is a list of ${ROLES.join(', ')}`);
  const hours = raw.hours === undefined ? ok(null) : parseHours(raw.hours);
  if (!hours.ok) return hours;
  return ok({
    action_type,
    allowed,
    risk: risk as Risk | null,
    requires_approval: raw.requires_approval === true || raw.four_eyes === true,
    four_eyes: raw.four_eyes === true,
    max_amount,
    daily_amount,
    roles: roles as readonly string[] | null,
    hours: hours.value,
  });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function isAmount(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && /^(0|[1-9]\d{0,77})$/.test(value));
}

function refuse(file: string, what: string): Result<never> {
  return err(new CodedError('POLICY_INVALID', `${file}: ${what}`, { file }));
}
