import type { Json } from '../../common/index.js';
import type { GgufValue } from './gguf-format.js';
import { isObject, type JsonObject, type Vocabulary } from './vocabulary.js';

type Entry = readonly [string, GgufValue];

/** Which tokens begin and end texts, whether they are put around them, and the chat template. */
export function specialTokens(payload: JsonObject, vocabulary: Vocabulary): Entry[] {
  const config = isObject(payload.config) ? payload.config : {};
  const generation = isObject(payload.generation) ? payload.generation : {};
  const named = (token: Json | undefined) => vocabulary.idOf.get(textOf(token) ?? '');
  const bos = firstId(generation.bos_token_id) ?? named(config.bos_token);
  const ends = ids(generation.eos_token_id);
  const eos = ends[0] ?? named(config.eos_token);
  const pad = firstId(generation.pad_token_id) ?? named(config.pad_token);
  const { first, last } = template((payload.tokenizer as JsonObject).post_processor);
  const known = (id: number | undefined) => id !== undefined && id < vocabulary.tokens.length;
  const entries: [string, number | undefined][] = [
    ['bos', bos],
    ['eos', eos],
    ['eot', ends[1]],
    ['unknown', named((payload.tokenizer as JsonObject & { model: JsonObject }).model.unk_token)],
    ['padding', pad],
  ];
  return [
    ...entries
      .filter(([, id]) => known(id))
      .map(([name, id]): Entry => [
        `tokenizer.ggml.${name}_token_id`,
        { type: 'uint32', value: id as number },
      ]),
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: first !== null && named(first) === bos }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: last !== null && named(last) === eos }],
    ...chatTemplate(config),
  ];
}

/** The special tokens that the post-processor puts in front of a single text and behind it. */
function template(postProcessor: Json | undefined): { first: string | null; last: string | null } {
  const processor = stepsOf(postProcessor).find((step) => step.type === 'TemplateProcessing');
  const pieces = processor === undefined ? [] : processor.single;
  const texts = Array.isArray(pieces) ? (pieces as Json[]).map(specialIn) : [];
  const sequence = texts.indexOf(null);
  return { first: sequence > 0 ? texts[sequence - 1] : null, last: texts[sequence + 1] ?? null };
}

function stepsOf(processor: Json | undefined): JsonObject[] {
  if (!isObject(processor)) return [];
  const steps = processor.type === 'Sequence' ? processor.processors : [processor];
  return Array.isArray(steps) ? (steps as Json[]).filter(isObject) : [];
}

function specialIn(piece: Json): string | null {
  if (!isObject(piece) || !isObject(piece.SpecialToken)) return null;
  return typeof piece.SpecialToken.id === 'string' ? piece.SpecialToken.id : null;
}

/** Of several templates, the one that is meant for plain chats. */
function chatTemplate({ chat_template: given }: JsonObject): Entry[] {
  const named = Array.isArray(given)
    ? (given as Json[]).filter(isObject).find(({ name }) => name === 'default')?.template
    : given;
  return typeof named === 'string' ? [['tokenizer.chat_template', { type: 'string', value: named }]] : [];
}

/** Tokens are named by their text or by an object with their text. */
function textOf(token: Json | undefined): string | undefined {
  const text = isObject(token) ? token.content : token;
  return typeof text === 'string' ? text : undefined;
}

function ids(value: Json | undefined): number[] {
  const list = Array.isArray(value) ? (value as Json[]) : [value];
  return list.filter((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0);
}

function firstId(value: Json | undefined): number | undefined {
  return ids(value)[0];
}
