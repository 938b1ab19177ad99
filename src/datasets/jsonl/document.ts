import type { Json } from '../../common/canonical-json.js';
import { ok, type Result } from '../../common/result.js';
import { lineRefused } from './refusal.js';

/** One turn of a conversation. */
export interface Message {
  readonly role: (typeof ROLES)[number];
  readonly content: string;
}

/** What a document teaches, in one of three forms. */
export type Content =
  | { readonly form: 'completion'; readonly prompt: string; readonly completion: string }
  | { readonly form: 'chat'; readonly messages: readonly Message[] }
  | { readonly form: 'text'; readonly text: string };

/** One line of a dataset. */
export interface DatasetDocument {
  /** From 1. */
  readonly line: number;
  readonly content: Content;
  /** SPDX expression of `licence` or `license`, where the line has its own. */
  readonly licence: string | null;
  /** Texts of all other members: never trained on, but published with the file and therefore checked. */
  readonly extra: readonly string[];
}

type Members = Readonly<Record<string, Json>>;

const ROLES = ['system', 'user', 'assistant', 'tool'] as const;
const MOST_MESSAGES = 1024;
const LONGEST_LICENCE = 512;
const FORMS = ['{prompt, completion}', '{messages: [{role, content}]}', '{text}'];

/**
 * Reads a line's value as a document. `DATASET_FORM` for a value of no form or of several, and for empty texts;
 * `DATASET_TEXT` for a text with half a surrogate pair or NUL, which no tokenizer and no database can carry.
 */
export function documentOf(value: Json, line: number): Result<DatasetDocument> {
  const members = membersOf(value);
  const content = members === null ? null : contentOf(members);
  if (members === null || content === null)
    return lineRefused('FORM', line, `is not exactly one of ${FORMS.join(', ')} with texts`);
  const licence = members.licence ?? members.license ?? null;
  if (licence !== null && (typeof licence !== 'string' || licence.length > LONGEST_LICENCE))
    return lineRefused('FORM', line, 'has a licence that is not a short text');
  const extra = stringsIn(without(members, [...FORM_MEMBERS, 'licence', 'license']));
  if (![...partsOf(content), licence ?? '', ...extra].every(isText))
    return lineRefused('TEXT', line, 'holds a character that is none');
  return ok({ line, content, licence, extra });
}

/** The texts a model would be trained on, in their order. */
export function partsOf(content: Content): readonly string[] {
  switch (content.form) {
    case 'completion':
      return [content.prompt, content.completion];
    case 'chat':
      return content.messages.map((message) => message.content);
    case 'text':
      return [content.text];
  }
}

const FORM_MEMBERS = ['prompt', 'completion', 'messages', 'text'];

function contentOf(members: Members): Content | null {
  const { prompt, completion, messages, text } = members;
  const given = FORM_MEMBERS.filter((name) => Object.hasOwn(members, name)).join();
  if (given === 'prompt,completion' && isFilled(prompt) && isFilled(completion))
    return { form: 'completion', prompt, completion };
  if (given === 'messages' && isConversation(messages)) return { form: 'chat', messages };
  if (given === 'text' && isFilled(text)) return { form: 'text', text };
  return null;
}

function isConversation(value: Json): value is readonly Json[] & readonly Message[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_MESSAGES && value.every(isMessage);
}

function isMessage(value: Json): boolean {
  const members = membersOf(value);
  if (members === null || Object.keys(members).sort().join() !== 'content,role') return false;
  return ROLES.some((role) => role === members.role) && isFilled(members.content);
}

function membersOf(value: Json): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

function isFilled(value: Json | undefined): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function without(members: Members, names: readonly string[]): Json[] {
  return Object.entries(members).flatMap(([name, value]) => (names.includes(name) ? [] : [name, value]));
}

/** All strings of a value, names of members included; its depth was bounded before it was parsed. */
function stringsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return Object.entries(value).flatMap(([name, member]) => [name, ...stringsIn(member)]);
}
