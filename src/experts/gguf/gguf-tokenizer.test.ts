import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../common/installation.js';
import { unwrap, type Json } from '../../common/index.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { TOKEN_TYPE } from './vocabulary.js';

const genesisFile = (name: string): Json =>
  JSON.parse(readFileSync(join(packageRoot(), 'models', 'genesis', name), 'utf8')) as Json;

const genesis = () => ({
  tokenizer: genesisFile('tokenizer.json'),
  config: genesisFile('tokenizer_config.json'),
  generation: genesisFile('generation_config.json'),
});

/** SentencePiece-style BPE: three special tokens, two bytes, four characters and what they merge into. */
const sentencePiece = (normalizer: Json) => ({
  tokenizer: {
    model: {
      ...{ type: 'BPE', byte_fallback: true, unk_token: '<unk>' },
      vocab: {
        '<unk>': 0,
        '<s>': 1,
        '</s>': 2,
        '<0x00>': 3,
        '<0x0A>': 4,
        a: 5,
        b: 6,
        ab: 7,
        '▁': 8,
        '▁ab': 9,
      },
      merges: ['a b', ['▁', 'ab']],
    },
    normalizer,
    added_tokens: [
      { id: 0, content: '<unk>', special: true },
      { id: 1, content: '<s>', special: true },
      { id: 2, content: '</s>', special: true },
    ],
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    },
  } as Json,
  config: { bos_token: { content: '<s>' }, eos_token: '</s>' },
  generation: null,
});

describe('tokenizer in GGUF', () => {
  it('describes byte-level BPE: how text is cut, tokens, merges, ends and template', () => {
    const { metadata, notes } = unwrap(ggufTokenizer(genesis(), 2048));
    expect(notes).toEqual([]);
    const value = (key: string) => metadata.get(`tokenizer.${key}`)?.value;
    expect(value('ggml.model')).toBe('gpt2');
    expect(value('ggml.pre')).toBe('qwen2');
    expect((value('ggml.tokens') as string[]).slice(0, 4)).toEqual([
      '<|pad|>',
      '<|user|>',
      '<|assistant|>',
      '<|end|>',
    ]);
    expect(value('ggml.merges')).toHaveLength(1788);
    expect(value('ggml.eos_token_id')).toBe(3);
    expect(value('ggml.padding_token_id')).toBe(0);
    expect(value('ggml.bos_token_id')).toBeUndefined();
    expect(value('ggml.add_bos_token')).toBe(false);
    expect((value('ggml.token_type') as number[])[1]).toBe(TOKEN_TYPE.control);
    expect(value('chat_template')).toMatch(/<\|assistant\|>/);
  });

  it('gives SentencePiece-style BPE scores in the order of its merges', () => {
    const prepend = {
      type: 'Sequence',
      normalizers: [{ type: 'Prepend', prepend: '▁' }],
    };
    const { metadata } = unwrap(ggufTokenizer(sentencePiece(prepend), 11));
    const value = (key: string) => metadata.get(`tokenizer.ggml.${key}`)?.value;
    expect(value('model')).toBe('llama');
    expect((value('tokens') as string[])[10]).toBe('[PAD10]');
    const scores = value('scores') as number[];
    expect(scores[7]).toBeGreaterThan(scores[9]);
    expect(Math.min(scores[7], scores[9])).toBeGreaterThan(scores[5]);
    expect(value('token_type')).toEqual([2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 5]);
    expect(value('add_space_prefix')).toBe(true);
    expect(value('add_bos_token')).toBe(true);
    expect(value('add_eos_token')).toBe(false);
    expect(value('bos_token_id')).toBe(1);
    const without = unwrap(ggufTokenizer(sentencePiece(null), 11)).metadata;
    expect(without.get('tokenizer.ggml.add_space_prefix')?.value).toBe(false);
  });

  it('says so where llama.cpp has no name for how text is cut', () => {
    const other = genesis() as unknown as { tokenizer: { pre_tokenizer: Json } };
    other.tokenizer.pre_tokenizer = {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: 'x+' } },
        { type: 'ByteLevel', use_regex: false },
      ],
    };
    const { metadata, notes } = unwrap(ggufTokenizer(other as unknown as Json, 2048));
    expect(metadata.get('tokenizer.ggml.pre')?.value).toBe('default');
    expect(notes).toEqual([expect.stringMatching(/may cut otherwise/)]);
  });

  it('refuses what GGUF cannot hold', () => {
    const refused = (payload: Json, size = 11) => ggufTokenizer(payload, size);
    const refusal = { error: { code: 'GGUF_TOKENIZER' } };
    expect(refused(sentencePiece(null), 9)).toMatchObject(refusal);
    expect(refused({ tokenizer: { model: { type: 'Unigram', vocab: [] } } })).toMatchObject(refusal);
    expect(refused({ tokenizer: { model: { type: 'BPE', vocab: { a: 0 } } } })).toMatchObject(refusal);
    expect(refused({ config: {} })).toMatchObject(refusal);
  });
});
