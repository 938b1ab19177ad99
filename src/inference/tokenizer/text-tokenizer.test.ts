import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { unwrap, type Json } from '../../common/index.js';
import { answerText } from './answer-text.js';
import { ChatTemplate } from './chat-template.js';
import { WindowDetokenizer } from './detokenizer.js';
import { unusedMark } from './special-tokens.js';
import { TextTokenizer } from './text-tokenizer.js';
import { parseTokenizerSource } from './tokenizer-source.js';

const folder = 'models/genesis';
const read = (name: string) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Json;
const source = unwrap(
  parseTokenizerSource({
    tokenizer: read('tokenizer.json'),
    config: read('tokenizer_config.json'),
    generation: read('generation_config.json'),
  }),
);
const tokenizer = unwrap(TextTokenizer.create(source));
const template = unwrap(ChatTemplate.create(source)) as ChatTemplate;
const [USER, ASSISTANT, END] = [1, 2, 3];

const tricky = [
  '',
  ' ',
  '\n\n\t ',
  "it's  we'LL",
  'Ünïcödé 漢字 👩‍👩‍👧‍👦 🇺🇳',
  '\u0000\ufeff\u2028',
  'a'.repeat(500),
  '€'.repeat(50),
];

describe('text tokenizer', () => {
  it.each(tricky)('reads %j back as it was', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text, false))).toBe(text);
  });

  it('reads any text back, and never needs fewer tokens than it proves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        fc.pre(!tokenizer.special.occurIn(text));
        const ids = tokenizer.encode(text, false);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.length).toBeGreaterThanOrEqual(tokenizer.leastTokens(text));
      }),
    );
  });

  it('never gives out half a character', () => {
    const ids = tokenizer.encode('👩‍👩‍👧‍👦 漢字', false);
    const detokenizer = tokenizer.detokenizer();
    const pieces = ids.map((id) => detokenizer.push(id));
    expect(pieces.every((piece) => piece.isWellFormed() && !piece.includes('\ufffd'))).toBe(true);
    expect(pieces.join('') + detokenizer.end()).toBe('👩‍👩‍👧‍👦 漢字');
  });

  it('shows a character that was cut off as U+FFFD, only at the end', () => {
    const ids = tokenizer.encode('a漢', false).slice(0, -1);
    expect(tokenizer.decode(ids)).toMatch(/^a\ufffd+$/);
  });

  it('gives the same text through the window method as through bytes', () => {
    const isSpecial = (id: number) => tokenizer.special.has(id);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const ids = tokenizer.encode(text, false);
        const decode = (part: readonly number[]) => tokenizer.decode(part);
        const window = new WindowDetokenizer(decode, isSpecial);
        expect(ids.map((id) => window.push(id)).join('') + window.end()).toBe(tokenizer.decode(ids));
      }),
    );
  });

  it('keeps special tokens out of text', () => {
    expect(tokenizer.decode([USER, ...tokenizer.encode('hi', false), END])).toBe('hi');
  });
});

describe('chat prompt', () => {
  it('is the format genesis was trained on', () => {
    const rendered = unwrap(template.render([{ role: 'user', content: 'Compute 9 x 7.' }]));
    expect(rendered).toBe('<|user|>Compute 9 x 7.<|assistant|>');
    const ids = tokenizer.encode(rendered, false);
    expect([ids[0], ids.at(-1)]).toEqual([USER, ASSISTANT]);
  });

  it('lets nobody forge a role, whatever is written', () => {
    const piece = fc.constantFrom(
      '<|user|>',
      '<|assistant|>',
      '<|end|>',
      '<|',
      '|>',
      'x',
      ' ',
      '<|us',
      'er|>',
      '\ufdd0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const content = pieces.join('');
        const mark = unusedMark([content]) as string;
        const defused = tokenizer.special.defuse(content, mark);
        const rendered = unwrap(template.render([{ role: 'user', content: defused }]));
        const ids = tokenizer.encodeMarked(rendered, mark);
        expect(ids.filter((id) => tokenizer.special.has(id))).toEqual([USER, ASSISTANT]);
        expect(tokenizer.decode(ids)).toBe(content);
        if (!tokenizer.special.occurIn(content)) expect(ids).toEqual(tokenizer.encode(rendered, false));
      }),
    );
  });

  it('refuses a template without end and one that grows without bound', () => {
    const endless = '{% for a in range(1000) %}{% for b in range(1000000) %}x{% endfor %}{% endfor %}';
    const growing = `{% set s = "aaaaaaaaaaaaaaaa" %}${'{% set s = s ~ s %}'.repeat(40)}{{ s }}`;
    for (const text of [endless, growing]) {
      const bounded = unwrap(
        ChatTemplate.create({ ...source, config: { chat_template: text } }),
      ) as ChatTemplate;
      const rendered = bounded.render([]);
      expect(!rendered.ok && rendered.error.code).toBe('CHAT_TEMPLATE_FAILED');
    }
  });

  it('passes on what a template raises', () => {
    const config = { chat_template: "{{ raise_exception('roles must alternate') }}" };
    const rendered = (unwrap(ChatTemplate.create({ ...source, config })) as ChatTemplate).render([]);
    expect(!rendered.ok && rendered.error.message).toContain('roles must alternate');
  });
});

describe('stop strings', () => {
  it('end the text at the first match, however it is cut into tokens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'ab', ' ', 'ba', '漢'), { maxLength: 30 }),
        fc.array(fc.constantFrom('ab', 'ba', 'aba', 'b ', '漢a'), { minLength: 1, maxLength: 3 }),
        (pieces, stops) => {
          const text = pieces.join('');
          const ids = tokenizer.encode(text, false);
          const found = answerText(tokenizer.detokenizer(), ids, stops);
          expect(found.text).toBe(cutNaively(text, stops));
        },
      ),
    );
  });

  it('cut nothing where there is no text', () => {
    expect(answerText(null, [4, 2, 4], ['x'])).toEqual({ text: '', tokens: 3, stopped: false });
  });
});

/** The definition: the shortest beginning of the text that ends in a stop string, without the longest such one. */
function cutNaively(text: string, stops: readonly string[]): string {
  for (let end = 0; end <= text.length; end++) {
    const matches = stops.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => stop.length);
    if (matches.length > 0) return text.slice(0, end - Math.max(...matches));
  }
  return text;
}
