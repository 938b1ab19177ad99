import { DecimalNode } from '../states/decimal.js';
import { NumberNode } from '../states/number.js';
import type { SchemaNode } from '../states/schema-node.js';
import type { SchemaObject } from './keywords.js';
import { invalid, unsupported, type SchemaPath } from './refusals.js';

/** Integers have at most 15 digits, unless bounds allow more; all are safe. */
const LARGEST_INTEGER = 999_999_999_999_999;
/** Digits behind the point of a number with bounds. */
const PLACES = 6;
const LARGEST_BOUNDED = 1_000_000_000;

/** The integers a schema allows. */
export function integerNode(id: number, schema: SchemaObject, path: SchemaPath): SchemaNode {
  const { least, most } = boundsOf(schema, 1, path);
  for (const bound of [least, most]) {
    if (Number.isFinite(bound) && !Number.isSafeInteger(bound)) unsupported(path, 'a bound beyond 2^53');
  }
  const low = Number.isFinite(least) ? least : Math.min(-LARGEST_INTEGER, most);
  const high = Number.isFinite(most) ? most : Math.max(LARGEST_INTEGER, least);
  return new DecimalNode(id, low, high, 0);
}

/** The numbers a schema allows; those with bounds are written without exponent and with up to 6 digits behind the point. */
export function numberNode(id: number, schema: SchemaObject, path: SchemaPath): SchemaNode {
  const unit = 10 ** PLACES;
  const { least, most, bounded } = boundsOf(schema, unit, path);
  if (!bounded) return new NumberNode(id);
  const largest = LARGEST_BOUNDED * unit;
  if (least > largest || most < -largest) unsupported(path, `a bound beyond ${LARGEST_BOUNDED}`);
  return new DecimalNode(id, Math.max(least, -largest), Math.min(most, largest), PLACES);
}

/** The bounds in units of 1/unit, rounded inwards; infinite where there is none. */
function boundsOf(schema: SchemaObject, unit: number, path: SchemaPath) {
  const [minimum, exclusiveMinimum] = [
    given(schema, 'minimum', path),
    given(schema, 'exclusiveMinimum', path),
  ];
  const [maximum, exclusiveMaximum] = [
    given(schema, 'maximum', path),
    given(schema, 'exclusiveMaximum', path),
  ];
  const least = Math.max(roundUp(minimum, unit), above(exclusiveMinimum, unit));
  const most = Math.min(-roundUp(negated(maximum), unit), -above(negated(exclusiveMaximum), unit));
  const bounded = [minimum, maximum, exclusiveMinimum, exclusiveMaximum].some((bound) => bound !== undefined);
  return { least, most, bounded };
}

function negated(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : -bound;
}

/** The least count of units that is no less than a bound. */
function roundUp(bound: number | undefined, unit: number): number {
  if (bound === undefined) return -Infinity;
  let units = Math.ceil(bound * unit);
  if (!Number.isSafeInteger(units)) return units;
  while (units / unit < bound) units++;
  while ((units - 1) / unit >= bound) units--;
  return units;
}

function above(bound: number | undefined, unit: number): number {
  const units = roundUp(bound, unit);
  return units / unit === bound ? units + 1 : units;
}

function given(schema: SchemaObject, keyword: string, path: SchemaPath): number | undefined {
  const value = schema[keyword];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  return invalid(path, `${keyword} must be a number`);
}
