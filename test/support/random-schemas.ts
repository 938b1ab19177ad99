import fc from 'fast-check';
import { canonicalJson, type Json } from '../../src/common/index.js';

const names = fc.constantFrom('a', 'b', 'name', 'näme', 'a"b', 'x\ny', '');
const lengths = fc.tuple(fc.nat(4), fc.nat(4)).map(([min, more]) => [min, min + more]);
const bounds = fc
  .tuple(fc.integer({ min: -120, max: 120 }), fc.nat(150))
  .map(([low, width]) => [low, low + width]);
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    { type: 'boolean' },
    { type: 'null' },
    { type: 'integer' },
    { type: 'number' },
    { type: 'string' },
  ),
  lengths.map(([minLength, maxLength]) => ({ type: 'string', minLength, maxLength })),
  bounds.map(([minimum, maximum]) => ({ type: 'integer', minimum, maximum })),
  bounds.map(([minimum, maximum]) => ({ type: 'number', minimum: minimum / 8, maximum: maximum / 8 })),
  bounds.map(([exclusiveMinimum, most]) => ({
    type: 'number',
    exclusiveMinimum,
    exclusiveMaximum: most + 0.25,
  })),
  fc
    .array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 4 })
    .map((values) => ({ enum: unique(plain(values) as Json[]) })),
  fc.jsonValue({ maxDepth: 2 }).map((value) => ({ const: plain(value) })),
  fc.constant<Json>({ type: ['string', 'null', 'integer'], maxLength: 3 }),
);

function unique(values: readonly Json[]): Json[] {
  return [...new Map(values.map((value) => [canonicalJson(value), value])).values()];
}

/** What JSON text can carry: no negative zero, only texts of whole characters; and no names that the validator trips over. */
function plain(value: unknown): Json {
  const text = JSON.stringify(value).replace(/\\ud[89a-f][0-9a-f]{2}/gi, '?');
  return JSON.parse(text.replace(/"(valueOf|toString|__proto__)":/g, '"name":')) as Json;
}

const { schema } = fc.letrec<{ schema: Json }>((tie) => {
  const properties = fc.uniqueArray(fc.tuple(names, tie('schema')), {
    maxLength: 4,
    selector: ([name]) => name,
  });
  const object = fc
    .tuple(
      properties,
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.oneof(fc.constantFrom<Json | undefined>(false, true, undefined), tie('schema')),
    )
    .map(([members, needed, additionalProperties]) => ({
      type: 'object',
      properties: Object.fromEntries(members) as Record<string, Json>,
      required: members.flatMap(([name], i) => (needed[i] ? [name] : [])),
      ...(additionalProperties === undefined ? {} : { additionalProperties }),
    }));
  const array = fc
    .tuple(tie('schema'), lengths)
    .map(([items, [minItems, maxItems]]) => ({ type: 'array', items, minItems, maxItems }));
  const tuple = fc
    .tuple(fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), tie('schema'), fc.nat(4))
    .map(([prefixItems, items, minItems]) => ({ type: 'array', prefixItems, items, minItems }));
  const exclusive = fc
    .tuple(tie('schema'), fc.subarray(['integer', 'string', 'boolean', 'null', 'array'], { minLength: 1 }))
    .map(([items, types]) => ({
      oneOf: types.map((type) => (type === 'array' ? { type, items, maxItems: 2 } : { type })),
    }));
  return {
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      object as fc.Arbitrary<Json>,
      array as fc.Arbitrary<Json>,
      tuple as fc.Arbitrary<Json>,
      exclusive as fc.Arbitrary<Json>,
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    ),
  };
});

/** A schema that leads back to itself, by a property or by the items of a list. */
const recursive: fc.Arbitrary<Json> = fc
  .tuple(schema, fc.subarray(['value', 'next', 'list']), fc.nat(2))
  .map(([value, required, maxItems]): Json => ({
    allOf: [{ $ref: '#/$defs/node' }],
    $defs: {
      node: {
        type: 'object',
        properties: {
          value,
          next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          list: { type: 'array', items: { $ref: '#/$defs/node' }, maxItems },
        },
        required,
        additionalProperties: false,
      },
    },
  }));

/** JSON Schemas of every supported keyword that bounds a value, nested, that some finite value obeys. */
export const randomSchema: fc.Arbitrary<Json> = fc.oneof(
  { arbitrary: schema, weight: 5 },
  { arbitrary: recursive, weight: 1 },
);

/** A schema in the words of draft 7, which the validator speaks: there `items` lists the first ones, and the others are additional. */
export function inDraft7(schema: unknown): object | boolean {
  if (typeof schema !== 'object' || schema === null) return schema as boolean;
  const written = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (keyword === 'const' || keyword === 'enum') return [keyword, value];
    if (keyword === 'properties' || keyword === '$defs') return [keyword, mapped(value as object)];
    if (Array.isArray(value)) return [keyword, value.map(inDraft7Within)];
    return [keyword, inDraft7Within(value)];
  });
  const { prefixItems, items, ...others } = Object.fromEntries(written);
  if (prefixItems === undefined) return items === undefined ? others : { ...others, items };
  return { ...others, items: prefixItems, ...(items === undefined ? {} : { additionalItems: items }) };
}

function inDraft7Within(value: unknown): unknown {
  return typeof value === 'object' ? inDraft7(value) : value;
}

function mapped(members: object): object {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, inDraft7Within(value)]));
}
