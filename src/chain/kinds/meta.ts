import type { BlockKind } from './kinds.js';
import { jsonPayload } from './json-payload.js';

/** A model's architecture: dimensions, layers, experts, routing; the payload is a JSON object. */
export const meta: BlockKind = { chain: 'A', type: 'meta', rules: [jsonPayload(1024 * 1024)] };
