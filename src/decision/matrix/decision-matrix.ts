import { parse } from 'yaml';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { DECISION_TYPES, type DecisionType } from '../types.js';
import { FIELD_CHECKS, type TypeRules } from './rules.js';

/** What each type of decision may do by itself. */
export interface DecisionMatrix {
  readonly types: Readonly<Record<DecisionType, TypeRules>>;
}

const VERSION = 1;
const LARGEST_FILE = 65_536;

type Mapping = Readonly<Record<string, unknown>>;

/** Reads `config/decision-matrix.yaml`; `MATRIX_INVALID` names the field, its value and what is allowed. */
export function parseDecisionMatrix(text: string): Result<DecisionMatrix> {
  if (text.length > LARGEST_FILE) return invalid(`the file has more than ${LARGEST_FILE} characters`);
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 0 });
  } catch (thrown) {
    return invalid(messageOf(thrown));
  }
  if (!isMapping(content)) return invalid('the file is no mapping');
  const { version, defaults, types, ...rest } = content;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return invalid(`${unknown} is not known; known are version, defaults, types`);
  if (version !== VERSION)
    return invalid(`version is ${JSON.stringify(version)}; this server reads ${VERSION}`);
  const base = readRules('defaults', defaults, { automatic_estimate: 0 });
  if (!base.ok) return base;
  if (!isMapping(types)) return invalid('types is missing');
  const stranger = Object.keys(types).find((name) => !DECISION_TYPES.includes(name as DecisionType));
  if (stranger !== undefined)
    return invalid(`types.${stranger} is not known; known are ${DECISION_TYPES.join(', ')}`);
  const read: Partial<Record<DecisionType, TypeRules>> = {};
  for (const type of DECISION_TYPES) {
    const rules = readRules(`types.${type}`, types[type] ?? {}, base.value);
    if (!rules.ok) return rules;
    const complete = requireAll(type, rules.value);
    if (!complete.ok) return complete;
    read[type] = complete.value;
  }
  return ok({ types: read as Record<DecisionType, TypeRules> });
}

/** The fields of one section over those of `base`. */
function readRules(path: string, section: unknown, base: Partial<TypeRules>): Result<Partial<TypeRules>> {
  if (!isMapping(section)) return invalid(`${path} is no mapping`);
  const rules: Record<string, unknown> = { ...base };
  for (const [field, value] of Object.entries(section)) {
    const check = Object.hasOwn(FIELD_CHECKS, field) ? FIELD_CHECKS[field as keyof TypeRules] : undefined;
    if (check === undefined) {
      return invalid(`${path}.${field} is not known; known are ${Object.keys(FIELD_CHECKS).join(', ')}`);
    }
    if (!check.holds(value)) {
      return invalid(`${path}.${field} is ${JSON.stringify(value)}; allowed is ${check.allowed}`);
    }
    rules[field] = value;
  }
  return ok(rules as Partial<TypeRules>);
}

function requireAll(type: DecisionType, rules: Partial<TypeRules>): Result<TypeRules> {
  const missing = Object.keys(FIELD_CHECKS).find((field) => !Object.hasOwn(rules, field));
  if (missing === undefined) return ok(rules as TypeRules);
  return invalid(`${missing} is said neither in types.${type} nor in defaults`);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): Result<never> {
  return err(new CodedError('MATRIX_INVALID', `the decision matrix cannot be used: ${detail}`));
}
