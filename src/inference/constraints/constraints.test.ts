import Ajv from 'ajv';
import fc from 'fast-check';
import { inDraft7, randomSchema } from '../../../test/support/random-schemas.js';
import { decode, END, generator, vocabulary } from '../../../test/support/json-vocabulary.js';
import { unwrap, type Json } from '../../common/index.js';
import { Grammars, hasToken, makeVocabulary, type Constraint } from './index.js';
import type { Matcher } from './matcher.js';

const CLOSING = [0x22, 0x5d, 0x7d];
const grammars = new Grammars(vocabulary);
const tokenCount = vocabulary.offsets.length - 1;

const constraint = (schema: unknown): Constraint => ({ version: 1, schema: JSON.stringify(schema) });
const refusal = (schema: unknown) => {
  const compiled = grammars.matcher(constraint(schema));
  return compiled.ok ? null : compiled.error.code;
};

function allowedTokens(matcher: Matcher): number[] {
  const set = matcher.allowed();
  if (set === null) throw new Error('a token was accepted that is not allowed');
  return Array.from({ length: tokenCount }, (_, id) => id).filter((id) => hasToken(set, id));
}

/** A text the constraint allows, drawn token by token; ends when it may, sooner the longer it is. Null: too long. */
function draw(wanted: Constraint, random: () => number, most = 400): string | null {
  const matcher = unwrap(grammars.matcher(wanted));
  const ids: number[] = [];
  for (let i = 0; i < most; i++) {
    const allowed = allowedTokens(matcher);
    if (allowed.length === 0) throw new Error(`nothing may follow ${decode(ids)}`);
    if (allowed.includes(END) && random() < 0.3 + i / 100) return decode(ids);
    const others = allowed.filter((id) => id !== END);
    // what ends a string, an array or an object is taken more often, or texts would hardly ever end
    const closing = others.filter((id) => CLOSING.includes(vocabulary.bytes[vocabulary.offsets[id]]));
    const from = closing.length > 0 && random() < 0.2 + i / most ? closing : others;
    if (from.length === 0) return decode(ids);
    const id = from[Math.floor(random() * from.length)];
    ids.push(id);
    matcher.accept(id);
  }
  return null;
}

/** Whether a text can be written byte by byte, and end there. */
function accepts(wanted: Constraint, text: string): boolean {
  const matcher = unwrap(grammars.matcher(wanted));
  for (const byte of new TextEncoder().encode(text)) {
    if (!hasToken(matcher.allowed()!, byte + 1)) return false;
    matcher.accept(byte + 1);
  }
  return matcher.complete && hasToken(matcher.allowed()!, END);
}

describe('a constraint', () => {
  it('allows only values that an independent validator accepts, for 500 random schemas', () => {
    const seed = Math.floor(performance.timeOrigin % 2 ** 31);
    console.info(`seed ${seed}`);
    let [whole, cut] = [0, 0];
    fc.assert(
      fc.property(randomSchema, fc.nat(2 ** 31 - 1), (random, drawn) => {
        const compiled = grammars.matcher(constraint(random));
        expect([compiled.ok ? null : compiled.error.code, random]).toEqual([null, random]);
        const validate = new Ajv().compile(inDraft7(random));
        for (let i = 0; i < 3; i++) {
          const text = draw(constraint(random), generator(drawn + i));
          if (text === null) cut++;
          else {
            whole++;
            expect([text, validate(JSON.parse(text)), random]).toEqual([text, true, random]);
          }
        }
      }),
      { numRuns: 500, seed },
    );
    console.info(`${whole} values, ${cut} given up as too long`);
    expect(whole).toBeGreaterThan(10 * cut);
  });

  it('allows what was written by others, with or without white space', () => {
    const person = {
      type: 'object',
      properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
      required: ['name'],
      additionalProperties: false,
    };
    const value = { name: 'Grüße \n"x" 日本 \\', tags: ['', 'a'] };
    for (const indent of [0, 1, 2, 4]) {
      expect(accepts(constraint(person), JSON.stringify(value, null, indent))).toBe(true);
      expect(
        accepts(constraint({ type: 'object' }), JSON.stringify({ x: [value, 1.5e-7, null] }, null, indent)),
      ).toBe(true);
    }
    expect(accepts(constraint(person), '{"name":"a","name":"b"}')).toBe(false);
    expect(accepts(constraint(person), '{"tags":[]}')).toBe(false);
    expect(accepts(constraint(person), '{"name":1}')).toBe(false);
    expect(accepts(constraint(person), `{${' '.repeat(5)}"name":"a"}`)).toBe(false);
    expect(accepts(constraint(person), '{"name":"\\ud800"}')).toBe(false);
  });

  it('does not let a name that is not listed be a listed one in another spelling', () => {
    const open = {
      type: 'object',
      properties: { ab: { type: 'integer' } },
      additionalProperties: { type: 'string' },
    };
    expect(accepts(constraint(open), '{"ab":1,"abc":"x","a":"y"}')).toBe(true);
    expect(accepts(constraint(open), '{"a\\u0062":"x"}')).toBe(false);
    expect(accepts(constraint(open), '{"abc":"x","ab":"y"}')).toBe(false);
  });

  it('bounds numbers to the digit', () => {
    const cases: readonly [unknown, readonly string[], readonly string[]][] = [
      [
        { type: 'integer', minimum: -12, maximum: 105 },
        ['-12', '-1', '0', '9', '105'],
        ['-13', '-0', '106', '01', '1.0'],
      ],
      [{ type: 'integer', exclusiveMinimum: 9 }, ['10', '999999999999999'], ['9', '-10', '1000000000000000']],
      [
        { type: 'number', minimum: 0.5, exclusiveMaximum: 1 },
        ['0.5', '0.999999'],
        ['0.49', '1', '0.', '1.0'],
      ],
      [{ type: 'number' }, ['-0', '1e5', '-1.5E-10', '0.0'], ['1e', '01', '.5', '+1', '1e100', 'NaN']],
    ];
    for (const [wanted, good, bad] of cases) {
      expect(good.filter((text) => !accepts(constraint(wanted), text))).toEqual([]);
      expect(bad.filter((text) => accepts(constraint(wanted), text))).toEqual([]);
    }
  });

  it('ends recursion: values nested to the limit can be completed', () => {
    const tree = {
      type: 'object',
      properties: { left: { $ref: '#' }, right: { type: ['array'], items: { $ref: '#' } } },
      required: ['right'],
      additionalProperties: false,
    };
    const matcher = unwrap(grammars.matcher(constraint(tree)));
    let depth = 0;
    for (; depth < 100; depth++) {
      const text = new TextEncoder().encode('{"right":[');
      if (!text.every((byte) => take(matcher, byte))) break;
    }
    expect(depth).toBe(32);
    expect(allowedTokens(matcher)).not.toHaveLength(0);
  });

  it('surrounds values, so many and no more', () => {
    const around = { before: '<c>', after: '</c>', between: '\n', most: 2 };
    const wanted = { ...constraint({ enum: [1, 12] }), around };
    expect(accepts(wanted, '<c>12</c>')).toBe(true);
    expect(accepts(wanted, '<c>1</c>\n<c>12</c>')).toBe(true);
    expect(accepts(wanted, '<c>1</c>\n<c>1</c>\n<c>1</c>')).toBe(false);
    expect(accepts(wanted, '1')).toBe(false);
  });

  it('lets go when a recorded token does not obey', () => {
    const matcher = unwrap(grammars.matcher(constraint({ type: 'integer' })));
    matcher.accept(0x61 + 1);
    expect(matcher.allowed()).toBeNull();
  });

  const refusals: readonly [string | null, unknown][] = [
    ['SCHEMA_UNSATISFIABLE', { enum: [] }],
    ['SCHEMA_UNSATISFIABLE', false],
    ['SCHEMA_UNSATISFIABLE', { type: 'string', minLength: 3, maxLength: 2 }],
    ['SCHEMA_UNSATISFIABLE', { type: 'array', minItems: 3, maxItems: 2 }],
    ['SCHEMA_UNSATISFIABLE', { type: 'integer', minimum: 0.2, maximum: 0.8 }],
    ['SCHEMA_UNSATISFIABLE', { type: 'number', exclusiveMinimum: 1, maximum: 1 }],
    ['SCHEMA_UNSATISFIABLE', { type: 'integer', enum: ['a'] }],
    [
      'SCHEMA_UNSATISFIABLE',
      { type: 'object', properties: {}, required: ['a'], additionalProperties: false },
    ],
    ['SCHEMA_UNSATISFIABLE', { $ref: '#' }],
    ['SCHEMA_UNSATISFIABLE', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }],
    ['SCHEMA_UNSUPPORTED', { type: 'string', pattern: 'a' }],
    ['SCHEMA_UNSUPPORTED', { type: 'object', minProperties: 1 }],
    ['SCHEMA_UNSUPPORTED', { type: 'number', multipleOf: 2 }],
    ['SCHEMA_UNSUPPORTED', { not: {} }],
    ['SCHEMA_UNSUPPORTED', { allOf: [{}, {}] }],
    ['SCHEMA_UNSUPPORTED', { $ref: 'http://example.org/schema' }],
    ['SCHEMA_UNSUPPORTED', { $ref: '#/$defs/a', minLength: 1, $defs: { a: { type: 'string' } } }],
    ['SCHEMA_UNSUPPORTED', { oneOf: [{ type: 'integer' }, { type: 'number' }] }],
    ['SCHEMA_UNSUPPORTED', { type: 'array', items: [{ type: 'integer' }] }],
    ['SCHEMA_UNSUPPORTED', mirrored(12)],
    ['SCHEMA_INVALID', { type: 'text' }],
    ['SCHEMA_INVALID', { type: 'string', maxLength: -1 }],
    ['SCHEMA_INVALID', { $ref: '#/$defs/none' }],
    ['SCHEMA_INVALID', 5],
    ['SCHEMA_INVALID', { anyOf: [] }],
    ['SCHEMA_TOO_LARGE', { enum: ['x'.repeat(70_000)] }],
    ['SCHEMA_TOO_LARGE', nested(70)],
    ['SCHEMA_TOO_LARGE', { anyOf: Array.from({ length: 65 }, (_, i) => ({ const: i })) }],
    ['SCHEMA_TOO_LARGE', chained(400)],
    [null, chained(200)],
    [null, { oneOf: [{ type: 'integer' }, { type: 'string' }, { type: 'array' }] }],
    [
      null,
      {
        oneOf: ['cat', 'dog'].map((kind) => ({
          type: 'object',
          properties: { kind: { const: kind } },
          required: ['kind'],
        })),
      },
    ],
    [null, { anyOf: [{ $ref: '#' }, { type: 'null' }] }],
  ];
  const named = refusals.map(
    ([code, wanted]) => [code, JSON.stringify(wanted).slice(0, 80), wanted] as const,
  );

  it.each(named)('is refused with %s: %s', (code, _name, wanted) => {
    expect(refusal(wanted)).toBe(code);
  });

  it('says where a schema goes wrong', () => {
    const wanted = {
      type: 'object',
      properties: { 'a/b': { type: 'array', items: { type: 'string', pattern: 'x' } } },
    };
    expect(grammars.matcher(constraint(wanted))).toMatchObject({
      error: { code: 'SCHEMA_UNSUPPORTED', facts: { path: '#/properties/a~1b/items' } },
    });
  });

  it('needs a model that can spell every text and end it', () => {
    const few = makeVocabulary(2, (id) => Uint8Array.of(id), [1], false);
    expect(new Grammars(few).matcher(constraint({}))).toMatchObject({
      error: { code: 'CONSTRAINT_UNSUPPORTED' },
    });
    const endless = { ...vocabulary, ends: [] };
    expect(new Grammars(endless).matcher(constraint({}))).toMatchObject({
      error: { code: 'CONSTRAINT_UNSUPPORTED' },
    });
  });
});

function take(matcher: Matcher, byte: number): boolean {
  const allowed = hasToken(matcher.allowed()!, byte + 1);
  if (allowed) matcher.accept(byte + 1);
  return allowed;
}

/** Two objects whose every property leads back to them: comparing them never ends by itself. */
function mirrored(width: number): Json {
  const names = Array.from({ length: width }, (_, i) => `p${i}`);
  const one = (ref: string) => ({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { $ref: ref }])),
    required: names,
  });
  return {
    $defs: { a: one('#/$defs/a'), b: one('#/$defs/b') },
    oneOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }],
  };
}

function nested(levels: number): Json {
  return levels === 0 ? { type: 'null' } : { type: 'array', items: nested(levels - 1) };
}

function chained(length: number): Json {
  const links = Array.from({ length }, (_, i) => [`d${i}`, { $ref: `#/$defs/d${i + 1}` }]);
  return {
    $ref: '#/$defs/d0',
    $defs: { ...Object.fromEntries(links), [`d${length}`]: { type: 'null' } },
  } as Json;
}
