import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';

/** An object of JSON. */
export type JsonObject = { readonly [key: string]: Json };

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a token is, as llama.cpp numbers it. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** The tokens of a tokenizer.json by id, as many as the model has. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  /** One of `TOKEN_TYPE` each; byte tokens count as normal here. */
  readonly types: readonly number[];
  readonly idOf: ReadonlyMap<string, number>;
  /** Pairs of tokens that are joined, the first first. */
  readonly merges: readonly (readonly [string, string])[];
}

/** Reads vocabulary, added tokens and merges; ids without a token are filled with unused ones. Refuses with `GGUF_TOKENIZER`. */
export function parseVocabulary(tokenizer: JsonObject, vocabSize: number): Result<Vocabulary> {
  const model = tokenizer.model as JsonObject;
  const entries: [string, Json, number][] = [];
  if (isObject(model.vocab))
    for (const [text, id] of Object.entries(model.vocab)) entries.push([text, id, TOKEN_TYPE.normal]);
  for (const token of addedTokens(tokenizer)) {
    const type = token.special === true ? TOKEN_TYPE.control : TOKEN_TYPE.userDefined;
    if (typeof token.content === 'string') entries.push([token.content, token.id, type]);
  }
  const tokens = new Array<string | undefined>(vocabSize).fill(undefined);
  const types = new Array<number>(vocabSize).fill(TOKEN_TYPE.unused);
  for (const [text, id, type] of entries) {
    if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) >= vocabSize)
      return refuse(`token id ${JSON.stringify(id)} is not below the model's ${vocabSize}`);
    tokens[id as number] = text;
    types[id as number] = text === model.unk_token ? TOKEN_TYPE.unknown : type;
  }
  const texts = tokens.map((text, id) => text ?? `[PAD${id}]`);
  const idOf = new Map(texts.map((text, id) => [text, id]));
  if (idOf.size !== vocabSize) return refuse('two ids have the same text');
  return ok({ tokens: texts, types, idOf, merges: parseMerges(model.merges) });
}

function addedTokens(tokenizer: JsonObject): JsonObject[] {
  const added = tokenizer.added_tokens;
  return Array.isArray(added) ? (added as Json[]).filter(isObject) : [];
}

/** Merges are written as `"a b"` by older tools and as `["a", "b"]` by newer ones. */
function parseMerges(merges: Json | undefined): (readonly [string, string])[] {
  if (!Array.isArray(merges)) return [];
  return (merges as Json[]).flatMap((merge) => {
    const parts = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    return parts.length === 2 ? [[String(parts[0]), String(parts[1])] as const] : [];
  });
}

function refuse(detail: string): Result<never> {
  return err(new CodedError('GGUF_TOKENIZER', `the tokenizer cannot be exported: ${detail}`, { detail }));
}
