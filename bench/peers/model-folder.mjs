// Writes a random-weight model (bench/engine/shapes.mjs) into a folder: our blocks, model.json for engine-side.mjs, and model.gguf
// with the same numbers for llama.cpp.
// node bench/peers/model-folder.mjs <shape> <folder>
import { createWriteStream, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { prepareGguf } from '../../dist/src/experts/gguf/index.js';
import { writeModel } from '../engine/shapes.mjs';

const [, , shape, folder] = process.argv;
const model = writeModel(shape, folder);
writeFileSync(
  join(folder, 'model.json'),
  JSON.stringify(model, (key, value) => (key === 'path' ? basename(value) : value)),
);
const gguf = await prepareGguf({
  ...{
    ...model,
    name: `random-${shape}`,
    version: '1.0.0',
    tokenizer: fillerTokenizer(model.config.vocabSize),
  },
});
if (!gguf.ok) throw gguf.error;
await pipeline(gguf.value.chunks(), createWriteStream(join(folder, 'model.gguf')));
console.log(`${folder}: ${gguf.value.size} bytes of GGUF (${gguf.value.type})`);

/** node-llama-cpp does not open a model without a tokenizer: special tokens, bytes, and words that nobody uses. */
function fillerTokenizer(size) {
  const byte = (value) => `<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`;
  const special = ['<unk>', '<s>', '</s>'];
  const texts = [...special, ...Array.from({ length: 256 }, (_, value) => byte(value)), '\u2581'];
  for (let i = texts.length; i < size; i++) texts.push(`\u2581t${i.toString(36)}`);
  const vocab = Object.fromEntries(texts.map((text, id) => [text, id]));
  const added = special.map((content, id) => ({ id, content, special: true }));
  const bpe = { type: 'BPE', byte_fallback: true, unk_token: '<unk>', vocab, merges: [] };
  return {
    tokenizer: { model: bpe, added_tokens: added },
    config: { bos_token: '<s>', eos_token: '</s>' },
    generation: null,
  };
}
