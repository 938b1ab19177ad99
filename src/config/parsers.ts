import { err, ok, type Result } from '../common/index.js';

/** Reads one raw setting; the refusal says what is allowed. */
export type Parser<T> = (raw: unknown) => Result<T, string>;

/** A whole number between two bounds, both included. */
export function integer(minimum: number, maximum: number): Parser<number> {
  return (raw) => {
    const value = typeof raw === 'string' && /^-?\d{1,15}$/.test(raw.trim()) ? Number(raw) : raw;
    return typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum
      ? ok(value)
      : err(`a whole number from ${minimum} to ${maximum}`);
  };
}

/** A part of the whole, from 0 to 1. */
export const share: Parser<number> = (raw) => {
  const value = typeof raw === 'string' && /^[01](\.\d{1,15})?$/.test(raw.trim()) ? Number(raw) : raw;
  return typeof value === 'number' && value >= 0 && value <= 1 ? ok(value) : err('a number from 0 to 1');
};

/** One of a few words. */
export function oneOf<T extends string>(...allowed: readonly T[]): Parser<T> {
  return (raw) => {
    const found = allowed.find((word) => word === raw);
    return found === undefined ? err(`one of ${allowed.join(', ')}`) : ok(found);
  };
}

/** true or false, also written yes/no, on/off, 1/0. */
export const flag: Parser<boolean> = (raw) => {
  if (typeof raw === 'boolean') return ok(raw);
  const word = String(raw).toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return ok(true);
  if (['false', 'no', 'off', '0'].includes(word)) return ok(false);
  return err('true or false');
};

/** A text of a given shape. */
export function text(shape: RegExp, allowed: string): Parser<string> {
  return (raw) => (typeof raw === 'string' && shape.test(raw) ? ok(raw) : err(allowed));
}

/** An absolute URL with one of the given schemes. */
export function url(...schemes: readonly string[]): Parser<string> {
  const allowed = `an absolute URL starting with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return (raw) => {
    if (typeof raw !== 'string' || !URL.canParse(raw)) return err(allowed);
    return schemes.includes(new URL(raw).protocol.slice(0, -1)) ? ok(raw) : err(allowed);
  };
}

/** The same, or nothing: null and absent values become null. */
export function optional<T>(parser: Parser<T>): Parser<T | null> {
  return (raw) => (raw === null || raw === undefined ? ok(null) : parser(raw));
}

const MOST_ORIGINS = 32;

/** Origins of web pages, separated by commas: scheme, host and port, nothing else; absent means none. */
export const origins: Parser<readonly string[]> = (raw) => {
  if (raw === null || raw === undefined) return ok([]);
  const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
  const isOrigin = (item: unknown): item is string =>
    typeof item === 'string' && URL.canParse(item) && /^https?:/.test(item) && new URL(item).origin === item;
  return Array.isArray(items) && items.length <= MOST_ORIGINS && items.every(isOrigin)
    ? ok(items)
    : err(`up to ${MOST_ORIGINS} origins such as https://app.example, separated by commas`);
};

/** Several of the same, separated by commas, each once; absent means none. */
export function listOf<T extends string>(most: number, parser: Parser<T>): Parser<readonly T[]> {
  return (raw) => {
    if (raw === null || raw === undefined) return ok([]);
    const items: unknown[] =
      typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : Array.isArray(raw) ? raw : [raw];
    if (items.length > most || new Set(items).size < items.length)
      return err(`up to ${most} different values, separated by commas`);
    const values: T[] = [];
    for (const item of items) {
      const value = parser(item);
      if (!value.ok) return err(`a list of which each is ${value.error}`);
      values.push(value.value);
    }
    return ok(values);
  };
}
