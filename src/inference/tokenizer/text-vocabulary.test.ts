import { unwrap, type Json } from '../../common/index.js';
import { Grammars } from '../constraints/index.js';
import { TextTokenizer } from './text-tokenizer.js';
import { vocabularyOf } from './text-vocabulary.js';
import { parseTokenizerSource } from './tokenizer-source.js';

const bytes = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const ascii = Array.from({ length: 95 }, (_, i) => (i === 0 ? '\u2581' : String.fromCharCode(32 + i)));
const pieces = ['<unk>', '<s>', '</s>', ...bytes, ...ascii, '\u2581{', '":', 'é'];
const special = (id: number) => ({
  id,
  content: pieces[id],
  special: true,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

/** A tokenizer as those of Mixtral are, of a few pieces. */
const source = (decoders: Json) => ({
  tokenizer: {
    version: '1.0',
    added_tokens: [0, 1, 2].map(special),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders },
    model: {
      type: 'BPE',
      byte_fallback: true,
      fuse_unk: true,
      unk_token: '<unk>',
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: [],
    },
  },
  config: { tokenizer_class: 'LlamaTokenizer', eos_token: '</s>' },
  generation: null,
});
const LLAMA: Json = [
  { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
  { type: 'ByteFallback' },
  { type: 'Fuse' },
  { type: 'Strip', content: ' ', start: 1, stop: 0 },
];

const tokenizerOf = (decoders: Json) =>
  unwrap(TextTokenizer.create(unwrap(parseTokenizerSource(source(decoders) as unknown as Json))));

describe('the vocabulary of a SentencePiece tokenizer', () => {
  const tokenizer = tokenizerOf(LLAMA);
  const vocabulary = vocabularyOf(tokenizer, pieces.length, [2])!;
  const spelled = (id: number) =>
    vocabulary.bytes.subarray(vocabulary.offsets[id], vocabulary.offsets[id + 1]);

  it('has the bytes that the tokenizer itself decodes', () => {
    const ids = [pieces.indexOf('\u2581{'), pieces.indexOf('":'), pieces.indexOf('é'), 3 + 0xc3, 3 + 0xa9];
    const text = new TextDecoder().decode(Uint8Array.from(ids.flatMap((id) => [...spelled(id)])));
    expect(text).toBe(' {":éé');
    expect(tokenizer.decode(ids)).toBe(text.slice(1));
    expect([0, 1, 2].map((id) => spelled(id).length)).toEqual([0, 0, 0]);
    expect(vocabulary.dropsFirstSpace).toBe(true);
  });

  it('serves constraints, with a first space that does not count', () => {
    const constraint = { version: 1 as const, schema: '{"type":"object"}' };
    for (const ids of [
      ['\u2581{', '}'],
      ['{', '}'],
    ]) {
      const matcher = unwrap(new Grammars(vocabulary).matcher(constraint));
      for (const piece of ids) {
        const id = pieces.indexOf(piece);
        expect([piece, (matcher.allowed()![id >>> 5] >>> (id & 31)) & 1]).toEqual([piece, 1]);
        matcher.accept(id);
      }
      expect(matcher.complete).toBe(true);
    }
  });

  it('is not guessed for a decoder that is not known', () => {
    const other = tokenizerOf([
      { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
      { type: 'CTC' },
    ]);
    expect(vocabularyOf(other, pieces.length, [2])).toBeUndefined();
  });
});
