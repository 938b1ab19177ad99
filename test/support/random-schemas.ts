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
      fc.constantFrom<Json | undefined>(false, true, undefined, { type: 'integer' }),
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
  return {
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      object as fc.Arbitrary<Json>,
      array as fc.Arbitrary<Json>,
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    ),
  };
});

/** JSON Schemas of every supported keyword that bounds a value, nested, that some finite value obeys. */
export const randomSchema: fc.Arbitrary<Json> = schema;
