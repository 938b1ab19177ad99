import type { BlockKind } from './kinds.js';
import { jsonPayload } from './json-payload.js';

/** A judgement on trained experts (docs/formats/verdict.md). Who may make one and what it holds is judged by the learning module's own rule. */
export const verdict: BlockKind = { chain: 'D', type: 'verdict', rules: [jsonPayload(1024 * 1024)] };
