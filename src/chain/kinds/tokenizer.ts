import type { BlockKind } from './kinds.js';
import { jsonPayload } from './json-payload.js';

/** A tokenizer with its chat template; the payload is a JSON object of at most 128 MiB. */
export const tokenizer: BlockKind = {
  chain: 'A',
  type: 'tokenizer',
  rules: [jsonPayload(128 * 1024 * 1024)],
};
