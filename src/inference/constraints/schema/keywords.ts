import type { Json } from '../../../common/canonical-json.js';
import { LONGEST } from './limits.js';
import { invalid, unsupported, type SchemaPath } from './refusals.js';

/** A schema that is not just true or false. */
export type SchemaObject = { readonly [keyword: string]: Json };

/** The types JSON Schema tells apart. */
export const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
/** One of them. */
export type SchemaType = (typeof TYPES)[number];

/** Keywords that say nothing about values here; `format` is an annotation, as JSON Schema has it by default. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'format',
]);

/** The keywords that say something about values of certain types. */
const ASSERTIONS: Readonly<Record<string, readonly SchemaType[]>> = {
  properties: ['object'],
  required: ['object'],
  additionalProperties: ['object'],
  items: ['array'],
  prefixItems: ['array'],
  minItems: ['array'],
  maxItems: ['array'],
  minLength: ['string'],
  maxLength: ['string'],
  minimum: ['number', 'integer'],
  maximum: ['number', 'integer'],
  exclusiveMinimum: ['number', 'integer'],
  exclusiveMaximum: ['number', 'integer'],
};

/** Whether a JSON value is an object. */
export function isSchemaObject(value: Json | undefined): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Refuses (`SCHEMA_UNSUPPORTED`, naming it) the first keyword besides annotations that is not among those allowed here. */
export function refuseOthers(
  schema: SchemaObject,
  allowed: (keyword: string) => boolean,
  path: SchemaPath,
): void {
  for (const keyword of Object.keys(schema)) {
    if (!ANNOTATIONS.has(keyword) && !allowed(keyword)) unsupported(path, describeUse(keyword, schema));
  }
}

/** Whether a keyword is about values of certain types. */
export function isAssertion(keyword: string): boolean {
  return Object.hasOwn(ASSERTIONS, keyword);
}

/**
 * The types a schema allows. Without `type` they are those its other keywords are about (values of other types would be
 * allowed too, but are not meant), or null when there is no such keyword.
 */
export function typesOf(schema: SchemaObject, path: SchemaPath): readonly SchemaType[] | null {
  const { type } = schema;
  if (type === undefined) {
    const meant = Object.keys(schema).flatMap((keyword) => (isAssertion(keyword) ? ASSERTIONS[keyword] : []));
    const types = [...new Set(meant)].filter((name) => name !== 'integer');
    return types.length === 0 ? null : types;
  }
  const named: readonly Json[] = Array.isArray(type) ? (type as Json[]) : [type];
  const wrong = named.find((name) => !TYPES.includes(name as SchemaType));
  if (wrong !== undefined || named.length === 0) invalid(path, `type cannot be ${JSON.stringify(type)}`);
  return [...new Set(named as SchemaType[])];
}

/** A length or a count: a whole number, `neutral` when absent. */
export function countOf(schema: SchemaObject, keyword: string, neutral: number, path: SchemaPath): number {
  const value = schema[keyword];
  if (value === undefined) return neutral;
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    invalid(path, `${keyword} must be a whole number`);
  if ((value as number) <= LONGEST) return value as number;
  if (neutral === Infinity) return Infinity;
  return unsupported(path, `${keyword} above ${LONGEST}`);
}

function describeUse(keyword: string, schema: SchemaObject): string {
  const beside = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const'].find((name) =>
    Object.hasOwn(schema, name),
  );
  const known = isAssertion(keyword) || keyword === 'type';
  return known && beside !== undefined ? `${keyword} beside ${beside}` : keyword;
}
