import type { CodedError } from './errors.js';

/** An expected outcome: a value, or a refusal that the caller must look at. Bugs throw instead. */
export type Result<T, E = CodedError> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** Wraps a success. */
export function ok(): Result<void, never>;
export function ok<T>(value: T): Result<T, never>;
export function ok<T>(value?: T): Result<T | undefined, never> {
  return { ok: true, value };
}

/** Wraps a refusal. */
export function err<E>(error: E): Result<never, E> {
  return { ok: false, error };
}

/** The value of a success; throws the refusal itself, for callers at whose place it would be a bug or is mapped by a filter. */
export function unwrap<T>(result: Result<T, Error>): T {
  if (result.ok) return result.value;
  throw result.error;
}
