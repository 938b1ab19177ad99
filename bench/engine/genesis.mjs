// The genesis model for benchmarks of the engine alone: imported as `stemma import` does it, with its tokenizer and its tokens as text.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeVocabulary } from '../../dist/src/inference/constraints/index.js';
import { TextTokenizer } from '../../dist/src/inference/tokenizer/text-tokenizer.js';

const root = new URL('../../', import.meta.url);
const [USER, ASSISTANT, END] = [1, 2, 3];

const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};

/** Imports genesis in 8 bit into a folder; returns what `Engine.load` takes, and how its prompts are written. */
export function importGenesis(folder) {
  const script = fileURLToPath(new URL('bench/peers/release-folder.mjs', root));
  const checkpoint = fileURLToPath(new URL('models/genesis', root));
  execFileSync(process.execPath, [script, checkpoint, 'q8', folder], { stdio: ['ignore', 2, 2] });
  const read = (name) => JSON.parse(readFileSync(join(checkpoint, name), 'utf8'));
  const files = {
    tokenizer: read('tokenizer.json'),
    config: read('tokenizer_config.json'),
    generation: null,
  };
  const tokenizer = unwrap(TextTokenizer.create(files));
  const stored = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const blocks = stored.blocks.map((block) => ({ ...block, path: resolve(folder, block.path) }));
  const bytesOf = (id) => tokenizer.tokenBytes(id);
  const vocabulary = makeVocabulary(stored.config.vocabSize, bytesOf, [END], false);
  return {
    model: { ...stored, blocks, vocabulary },
    end: END,
    /** Ids of a text as it stands, or of a question with the start of its answer. */
    textIds: (text) => tokenizer.encode(text, false),
    chatIds: (question) => [USER, ...tokenizer.encode(question, false), ASSISTANT],
    /** Bytes of ids, those of special tokens left out. */
    bytesOf: (ids) => Buffer.concat(ids.map((id) => bytesOf(id) ?? Buffer.alloc(0))),
  };
}
