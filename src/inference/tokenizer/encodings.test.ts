import { readFileSync } from 'node:fs';
import {
  encodeByteLevel,
  encodeMetaspace,
  encodeSentencePiece,
  GPT2_WORDS,
  QWEN_WORDS,
  type BpeModel,
} from '../../../test/support/reference-bpe.js';
import { trickyTexts } from '../../../test/support/tricky-texts.js';
import { unwrap, type Json } from '../../common/index.js';
import { TextTokenizer } from './text-tokenizer.js';
import { parseTokenizerSource } from './tokenizer-source.js';

interface Vectors {
  readonly cases: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly config: Json;
  readonly tokenizer: { readonly [key: string]: Json };
}

const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
const vectors = (name: string) => read<Vectors>(`test/vectors/tokenizers/${name}.json`);
const tokenizerOf = (tokenizer: Json, config: Json) =>
  unwrap(TextTokenizer.create(unwrap(parseTokenizerSource({ tokenizer, config, generation: null }))));
const modelOf = (tokenizer: Vectors['tokenizer']) => tokenizer.model as unknown as BpeModel;

const gpt2 = vectors('gpt2');
const llama = vectors('llama');
const genesis = read<Vectors['tokenizer']>('models/genesis/tokenizer.json');
const QWEN_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/** As Qwen's tokenizer.json has it, on GPT-2's merges. */
const qwen: Vectors['tokenizer'] = {
  ...gpt2.tokenizer,
  normalizer: { type: 'NFC' },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: QWEN_PATTERN }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    ],
  },
};
/** As newer exports of Llama have it. */
const metaspace: Vectors['tokenizer'] = {
  ...llama.tokenizer,
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: false },
};

const kinds = {
  gpt2: [
    tokenizerOf(gpt2.tokenizer, gpt2.config),
    (text: string) => encodeByteLevel(text, GPT2_WORDS, modelOf(gpt2.tokenizer)),
  ],
  qwen: [
    tokenizerOf(qwen, gpt2.config),
    (text: string) => encodeByteLevel(text.normalize('NFC'), QWEN_WORDS, modelOf(gpt2.tokenizer)),
  ],
  genesis: [
    tokenizerOf(genesis, read('models/genesis/tokenizer_config.json')),
    (text: string) => encodeByteLevel(text, QWEN_WORDS, genesisModel()),
  ],
  llama: [
    tokenizerOf(llama.tokenizer, llama.config),
    (text: string) => encodeSentencePiece(text, modelOf(llama.tokenizer)),
  ],
  metaspace: [
    tokenizerOf(metaspace, llama.config),
    (text: string) => encodeMetaspace(text, modelOf(llama.tokenizer)),
  ],
} as const;
type Kind = keyof typeof kinds;

function genesisModel(): BpeModel {
  return modelOf(genesis);
}

/** What the published tokenizers keep of a text: composed characters, spaces for U+2581, no first space that looks like theirs. */
function readBack(kind: Kind, text: string): string {
  if (kind === 'qwen') return text.normalize('NFC');
  if (kind === 'gpt2' || kind === 'genesis') return text;
  const spaced = text.replaceAll('\u2581', ' ');
  return kind === 'metaspace' ? spaced.replace(/^ /, '') : spaced;
}

describe.each([
  ['gpt2', gpt2],
  ['llama', llama],
] as const)('published encodings of %s', (kind, { cases }) => {
  const [tokenizer, reference] = kinds[kind];

  it.each(cases.map((entry) => [entry.text, entry] as const))(
    'has %j as its publisher has it',
    (_, { text, ids }) => {
      expect(tokenizer.encode(text, false)).toEqual(ids);
      expect(reference(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    },
  );
});

describe.each(Object.keys(kinds) as Kind[])('tricky texts under the tokenizer of %s', (kind) => {
  const [tokenizer, reference] = kinds[kind];

  it('are enough', () => {
    expect(new Set(trickyTexts).size).toBeGreaterThanOrEqual(50);
  });

  it.each(trickyTexts)('encodes %j by the published algorithm, and reads it back', (text) => {
    const ids = tokenizer.encode(text, false);
    expect(ids).toEqual(reference(text));
    expect(tokenizer.decode(ids)).toBe(readBack(kind, text));
  });
});

describe('white space', () => {
  it('is what Unicode says, not what JavaScript says', () => {
    const { vocab, merges } = modelOf(gpt2.tokenizer);
    const more = {
      vocab: { ...vocab, '¿/': 60000, '/Â': 60001 },
      merges: [...merges, ['¿', '/'], ['/', 'Â']],
    };
    const model = { ...(gpt2.tokenizer.model as object), ...more } as unknown as Json;
    const tokenizer = tokenizerOf({ ...gpt2.tokenizer, model }, gpt2.config);
    expect(tokenizer.encode('\ufeff/', false)).toContain(60000);
    expect(tokenizer.encode('/\u0085', false)).not.toContain(60001);
  });
});

describe('special tokens in a text', () => {
  it('mean themselves in a prompt as it is, and are plain text where people wrote them', () => {
    const [tokenizer] = kinds.gpt2;
    const written = 'say <|endoftext|> now';
    expect(tokenizer.encode(written, false).filter((id) => id === 50256)).toEqual([50256]);
    const mark = '\ufdd0';
    const ids = tokenizer.encodeMarked(tokenizer.special.defuse(written, mark), mark);
    expect(ids).toEqual(encodeByteLevel(written, GPT2_WORDS, modelOf(gpt2.tokenizer)));
    expect(tokenizer.decode(ids)).toBe(written);
  });

  it('stand around a text where the model wants it', () => {
    expect(kinds.llama[0].encode('grabbed', true)).toEqual([1, 2646, 1327, 287]);
  });
});
