import { ok, type Json, type Result } from '../../common/index.js';
import { ChatTemplate } from './chat-template.js';
import { TextTokenizer } from './text-tokenizer.js';
import { parseTokenizerSource, type TokenizerSource } from './tokenizer-source.js';

/** What the payload of a tokenizer block holds. */
export interface ParsedTokenizer {
  readonly source: TokenizerSource;
  readonly tokenizer: TextTokenizer;
  readonly template: ChatTemplate | null;
}

/** Reads the payload of a tokenizer block; refuses what cannot be used of it: `TOKENIZER_…`, `CHAT_TEMPLATE_…`. */
export function parseTokenizer(payload: Json): Result<ParsedTokenizer> {
  const source = parseTokenizerSource(payload);
  if (!source.ok) return source;
  const tokenizer = TextTokenizer.create(source.value);
  if (!tokenizer.ok) return tokenizer;
  const template = ChatTemplate.create(source.value);
  if (!template.ok) return template;
  return ok({ source: source.value, tokenizer: tokenizer.value, template: template.value });
}
