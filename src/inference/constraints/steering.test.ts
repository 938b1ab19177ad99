import Ajv from 'ajv';
import fc from 'fast-check';
import { decode, END, generator, vocabulary } from '../../../test/support/json-vocabulary.js';
import { inDraft7, randomSchema } from '../../../test/support/random-schemas.js';
import { unwrap } from '../../common/index.js';
import { compileConstraint, Grammars, hasToken, withinTokens } from './index.js';
import type { Matcher } from './matcher.js';
import type { State } from './states/state.js';
import { distinct, leastNeed } from './token-trie.js';

const grammars = new Grammars(vocabulary);
const IDS = Array.from({ length: vocabulary.offsets.length - 1 }, (_, id) => id);

/** Values of every kind whose end is far, or is not found by going on. */
const HARD = [
  { type: 'string', minLength: 20 },
  { type: 'string', minLength: 3, maxLength: 5 },
  { type: 'array', minItems: 5, prefixItems: [{ const: 'first' }], items: { enum: [1, 12, 'x', 'xyz'] } },
  { type: 'integer', minimum: 123_456, maximum: 123_999 },
  { type: 'number', exclusiveMinimum: 0.125, maximum: 0.1254 },
  { type: 'number', maximum: -5_000 },
  {
    type: 'object',
    properties: { ab: { type: 'integer' } },
    additionalProperties: { type: 'string', minLength: 4 },
  },
  {
    type: 'object',
    properties: { a: {}, aé: {}, 'a"': {} },
    required: ['z', 'aé'],
    additionalProperties: { type: 'null' },
  },
  { type: 'object' },
  {
    anyOf: [
      { type: 'object', properties: { k: { const: 'long'.repeat(9) } }, required: ['k'] },
      { type: 'array', items: { $ref: '#' } },
    ],
  },
  {
    type: 'object',
    properties: { left: { $ref: '#' }, right: { type: 'array', items: { $ref: '#' } } },
    required: ['right'],
    additionalProperties: false,
  },
] as const;

const rules = (schema: unknown) => ({ schema: JSON.stringify(schema) });
const startOf = (schema: unknown): State => unwrap(compileConstraint(rules(schema), vocabulary));

function allowedTokens(matcher: Matcher): number[] {
  const set = matcher.allowed();
  if (set === null) throw new Error('a token was accepted that is not allowed');
  return IDS.filter((id) => hasToken(set, id));
}

/** Writes until the answer ends; the more the worse: takes what opens and continues where it may. */
function write(schema: unknown, tokens: number, random: () => number): { ids: number[]; ended: boolean } {
  const matcher = unwrap(grammars.matcher(withinTokens(rules(schema), tokens)));
  const ids: number[] = [];
  while (ids.length < tokens) {
    const allowed = allowedTokens(matcher);
    const longer = allowed.filter((id) => id !== END);
    if (longer.length === 0) return { ids, ended: true };
    const opening = longer.filter((id) =>
      '{[,'.includes(String.fromCharCode(vocabulary.bytes[vocabulary.offsets[id]])),
    );
    const from = opening.length > 0 && random() < 0.5 ? opening : longer;
    const id = from[Math.floor(random() * from.length)];
    ids.push(id);
    matcher.accept(id);
  }
  return { ids, ended: false };
}

/** The places behind a token, found byte by byte. */
function follow(places: readonly State[], id: number): readonly State[] {
  let reached = places;
  for (const byte of vocabulary.bytes.subarray(vocabulary.offsets[id], vocabulary.offsets[id + 1])) {
    const next: State[] = [];
    for (const place of reached) place.step(byte, next);
    reached = distinct(next);
  }
  return reached;
}

describe('an answer that may have so many tokens', () => {
  it.each(HARD.map((schema) => [JSON.stringify(schema), schema] as const))(
    'ends in time: %s',
    (_, schema) => {
      const validate = new Ajv().compile(inDraft7(schema));
      const least = startOf(schema).need + 1;
      for (let more = 0; more < 40; more += more < 8 ? 1 : 7) {
        const { ids, ended } = write(schema, least + more, generator(more));
        expect([more, decode(ids), ended, ids.length < least + more]).toEqual([
          more,
          decode(ids),
          true,
          true,
        ]);
        const text = decode(ids);
        expect([text, validate(JSON.parse(text))]).toEqual([text, true]);
      }
    },
  );

  it('ends in time for random schemas, with whatever is left over', () => {
    const seed = Math.floor(performance.timeOrigin % 2 ** 31);
    console.info(`seed ${seed}`);
    fc.assert(
      fc.property(randomSchema, fc.nat(60), fc.nat(2 ** 31 - 1), (schema, more, drawn) => {
        const tokens = startOf(schema).need + 1 + more;
        const { ids, ended } = write(schema, tokens, generator(drawn));
        expect([ended, schema, tokens]).toEqual([true, schema, tokens]);
        const text = decode(ids);
        expect([text, new Ajv().compile(inDraft7(schema))(JSON.parse(text))]).toEqual([text, true]);
      }),
      { numRuns: 150, seed },
    );
  });

  it.each(HARD.map((schema) => [JSON.stringify(schema), schema] as const))(
    'may have exactly the tokens after which enough are left: %s',
    (_, schema) => {
      const random = generator(7);
      const start = startOf(schema);
      const tokens = start.need + 12;
      const steered = unwrap(grammars.matcher(withinTokens(rules(schema), tokens)));
      const free = unwrap(grammars.matcher({ version: 1, ...rules(schema) }));
      let places: readonly State[] = [start];
      for (let left = tokens; left > 0; left--) {
        const all = allowedTokens(free);
        const wanted = all.filter((id) => (id === END ? true : leastNeed(follow(places, id)) <= left - 2));
        const allowed = allowedTokens(steered);
        expect([left, allowed]).toEqual([left, wanted]);
        const going = allowed.filter((id) => id !== END);
        if (going.length === 0) return;
        const id = going[Math.floor(random() * going.length)];
        places = follow(places, id);
        steered.accept(id);
        free.accept(id);
      }
    },
  );

  it('may have what an answer without a limit may have, as long as the end is far', () => {
    for (const schema of HARD) {
      const free = unwrap(grammars.matcher({ version: 1, ...rules(schema) }));
      const far = unwrap(grammars.matcher(withinTokens(rules(schema), 100_000)));
      expect(far.allowed()).toEqual(free.allowed());
    }
  });

  it('is cut where not even the shortest value has room', () => {
    const schema = { type: 'string', minLength: 200 };
    const tokens = 20;
    const cut = unwrap(grammars.matcher(withinTokens(rules(schema), tokens)));
    const free = unwrap(grammars.matcher({ version: 1, ...rules(schema) }));
    expect(cut.allowed()).toEqual(free.allowed());
    expect(write(schema, tokens, generator(1)).ended).toBe(false);
  });

  it('is steered as soon as a token has made the end possible, though it could not be counted on before', () => {
    const schema = { const: 'the'.repeat(20) };
    const [need, tokens] = [startOf(schema).need, 30];
    expect(need).toBe(62);
    const matcher = unwrap(grammars.matcher(withinTokens(rules(schema), tokens)));
    const ids: number[] = [];
    for (let allowed = allowedTokens(matcher); !allowed.includes(END); allowed = allowedTokens(matcher)) {
      const longest = allowed.at(-1)!;
      const pick = allowed.find((id) => id === 271) ?? longest;
      ids.push(pick);
      matcher.accept(pick);
    }
    expect([decode(ids), ids.length < tokens]).toEqual([JSON.stringify(schema.const), true]);
  });

  it('comes to an end among names that leave hardly any other', () => {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const names = ['', ...ascii, ...ascii.flatMap((a) => ascii.slice(0, 55).map((b) => a + b))];
    const properties = Object.fromEntries(names.map((name) => [name, true]));
    const schema = { type: 'object', properties, additionalProperties: { type: 'null' } };
    const { ids, ended } = write(schema, 400, generator(3));
    expect([ended, typeof JSON.parse(decode(ids))]).toEqual([true, 'object']);
  });

  it('writes calls of tools to their end', () => {
    const around = { before: '<tool_call>\n', after: '\n</tool_call>', between: '\n', most: 4 };
    const call = {
      schema: JSON.stringify({ type: 'object', properties: { name: { const: 'f' } }, required: ['name'] }),
      around,
    };
    const least = unwrap(compileConstraint(call, vocabulary)).need + 1;
    const matcher = unwrap(grammars.matcher(withinTokens(call, least)));
    const ids: number[] = [];
    for (let allowed = allowedTokens(matcher); !allowed.includes(END); allowed = allowedTokens(matcher)) {
      ids.push(allowed[0]);
      matcher.accept(allowed[0]);
    }
    expect(decode(ids)).toBe('<tool_call>\n{"name":"f"}\n</tool_call>');
  });
});
