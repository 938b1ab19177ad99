import { genesisEncoder } from '../../../test/support/genesis-encoder.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { first, mixture } from '../../datasets/generators/index.js';
import type { Content } from '../../datasets/jsonl/index.js';
import { readTextKey } from '../audit/read-text-key.js';

const encoder = genesisEncoder();
const turn = (role: 'system' | 'user' | 'assistant', content: string) => ({ role, content });
const chat = (...messages: ReturnType<typeof turn>[]): Content => ({ form: 'chat', messages });

describe('what is read of a document', () => {
  it('is the same of its text and of its tokens, but for what keys leave out', () => {
    const strange = 'Ünï\u0301cödé \u{1f600} 日本語\t a\r\n<|im_end|> <|endoftext|>  end ';
    const contents: Content[] = [
      ...[...first(60, mixture('train', 'keys'))].map((example) => ({
        form: 'completion' as const,
        ...example,
      })),
      { form: 'text', text: strange },
      { form: 'completion', prompt: strange, completion: strange },
      chat(turn('user', 'Hello'), turn('assistant', strange)),
      chat(
        turn('system', 'Be short.'),
        turn('user', 'a'),
        turn('assistant', 'b'),
        turn('user', strange),
        turn('assistant', 'd'),
      ),
    ];
    const key = (text: string) => readTextKey(text, nativeSha256);
    const keys = contents.map((content) => key(encoder.textOf(content) ?? ''));
    expect(contents.map((content) => key(encoder.textIn(unwrap(encoder.encode(content)))))).toEqual(keys);
    expect(new Set(keys).size).toBe(contents.length);
  });

  it('is nothing where there is no answer to learn', () => {
    expect(encoder.textOf(chat(turn('user', 'Hello')))).toBeNull();
    expect(encoder.textOf(chat(turn('assistant', 'Hello')))).toBeNull();
  });

  it('has a key that white space, capital letters and accents do not change, and words do', () => {
    const key = (text: string) => readTextKey(text, nativeSha256);
    expect(key('Cafe\u0301 AU lait\n')).toBe(key('café au  LAIT'));
    expect(key('café au lait')).not.toBe(key('café au lard'));
    expect(key('x')).toMatch(/^[0-9a-f]{32}$/);
    expect(['', ' \n', '\u0301', '\u0308 \u0301'].map(key)).toEqual([null, null, null, null]);
  });
});
