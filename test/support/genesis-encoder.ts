import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap, type Json } from '../../src/common/index.js';
import { packageRoot } from '../../src/common/installation.js';
import { ExampleEncoder } from '../../src/learning/examples/example-encoder.js';

/** The payload of genesis's tokenizer block. */
export function genesisTokenizer(): Json {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(packageRoot(), 'models/genesis', name), 'utf8')) as Json;
  return {
    tokenizer: read('tokenizer.json'),
    config: read('tokenizer_config.json'),
    generation: read('generation_config.json'),
  };
}

/** How documents are learnt by genesis. */
export function genesisEncoder(): ExampleEncoder {
  return unwrap(ExampleEncoder.create(genesisTokenizer()));
}
