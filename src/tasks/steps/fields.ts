import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';

/** Values of JSON by name. */
export type JsonObject = Readonly<Record<string, Json>>;

/** Reads one value; the refusal says what is allowed. */
export type Field<T extends Json> = (raw: unknown) => Result<T, string>;

/** A schema of parameters: each field with what reads it. */
export type Fields = Readonly<Record<string, Field<Json>>>;

/** The values a schema gives. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** Bytes of JSON that parameters may have. */
export const MOST_PARAMETER_BYTES = 16_384;

/**
 * Reads parameters by their schema; unknown fields are refused. `PARAMETERS_INVALID` (422) names the field and what is
 * allowed.
 */
export function readFields<F extends Fields>(fields: F, raw: unknown): Result<ValuesOf<F>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return err(invalid('parameters', 'an object'));
  const unknown = Object.keys(raw).find((key) => !Object.hasOwn(fields, key));
  if (unknown !== undefined)
    return err(invalid(unknown, `one of ${Object.keys(fields).join(', ') || 'none'}`));
  const values: Record<string, Json> = {};
  for (const [name, read] of Object.entries(fields)) {
    const value = read((raw as Record<string, unknown>)[name]);
    if (!value.ok) return err(invalid(name, value.error));
    if (value.value !== null) values[name] = value.value;
  }
  return ok(values as ValuesOf<F>);
}

/** A text of a given shape. */
export function textField(shape: RegExp, allowed: string): Field<string> {
  return (raw) => (typeof raw === 'string' && shape.test(raw) ? ok(raw) : err(allowed));
}

/** A whole number between two bounds, both included. */
export function integerField(minimum: number, maximum: number): Field<number> {
  return (raw) =>
    typeof raw === 'number' && Number.isInteger(raw) && raw >= minimum && raw <= maximum
      ? ok(raw)
      : err(`a whole number from ${minimum} to ${maximum}`);
}

/** One of a few words. */
export function wordField<T extends string>(...words: readonly T[]): Field<T> {
  return (raw) => {
    const found = words.find((word) => word === raw);
    return found === undefined ? err(`one of ${words.join(', ')}`) : ok(found);
  };
}

/** A whole amount as decimal digits, at most 2^256 - 1: amounts are never numbers, which would round them. */
export const amountField: Field<string> = (raw) =>
  typeof raw === 'string' && /^(0|[1-9]\d{0,77})$/.test(raw) && BigInt(raw) < 2n ** 256n
    ? ok(raw)
    : err('a whole amount as a text of decimal digits, below 2^256');

/** The same, or a default where it is absent. */
export function withDefault<T extends Json>(read: Field<T>, value: T): Field<T> {
  return (raw) => (raw === undefined || raw === null ? ok(value) : read(raw));
}

/** The same, or nothing. */
export function optionalField<T extends Json>(read: Field<T>): Field<T | null> {
  return (raw) => (raw === undefined || raw === null ? ok(null) : read(raw));
}

function invalid(field: string, allowed: string): CodedError {
  return new CodedError('PARAMETERS_INVALID', `${field} must be ${allowed}.`, { param: field });
}
