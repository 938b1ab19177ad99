import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { ActionParameters } from './decision-action.js';

/** Reads one parameter; refuses with what it must be. */
export type ParameterRule<T> = (value: Json | undefined) => { readonly value: T } | { readonly must: string };

/** Reads all parameters of an action; unknown ones are refused. `PARAMETERS_INVALID` (400). */
export function readParameters<T extends Readonly<Record<string, unknown>>>(
  parameters: ActionParameters,
  rules: { readonly [K in keyof T]: ParameterRule<T[K]> },
): Result<T> {
  const stranger = Object.keys(parameters).find((name) => !Object.hasOwn(rules, name));
  if (stranger !== undefined)
    return invalid(stranger, `is not known; known are ${Object.keys(rules).join(', ')}`);
  const read: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const found = rule(Object.hasOwn(parameters, name) ? parameters[name] : undefined);
    if ('must' in found) return invalid(name, `must be ${found.must}`);
    if (found.value !== undefined) read[name] = found.value;
  }
  return ok(read as T);
}

/** A text of a certain form. */
export function word(pattern: RegExp, must: string): ParameterRule<string> {
  return (value) => (typeof value === 'string' && pattern.test(value) ? { value } : { must });
}

/** A number within bounds. */
export function numberIn(least: number, most: number, whole = false): ParameterRule<number> {
  const must = `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
  return (value) => {
    const fits = typeof value === 'number' && value >= least && value <= most;
    return fits && (!whole || Number.isInteger(value)) ? { value } : { must };
  };
}

/** The same, or nothing. */
export function optional<T>(rule: ParameterRule<T>): ParameterRule<T | undefined> {
  return (value) => (value === undefined || value === null ? { value: undefined } : rule(value));
}

/** The name of a model. */
export const modelName = word(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'the name of a model');
/** The version of a release. */
export const releaseVersion = word(/^\d{1,9}\.\d{1,9}\.\d{1,9}$/, 'the version of a release such as 1.0.1');
/** The hash of a release. */
export const releaseHash = word(/^[0-9a-f]{64}$/, 'the hash of a release, 64 lower-case hex digits');

function invalid(name: string, why: string): Result<never> {
  return err(new CodedError('PARAMETERS_INVALID', `${name} ${why}.`, { parameter: name }, 400));
}
