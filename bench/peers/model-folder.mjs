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
const gguf = await prepareGguf({ ...model, name: `random-${shape}`, version: '1.0.0', tokenizer: null });
if (!gguf.ok) throw gguf.error;
await pipeline(gguf.value.chunks(), createWriteStream(join(folder, 'model.gguf')));
console.log(`${folder}: ${gguf.value.size} bytes of GGUF (${gguf.value.type})`);
