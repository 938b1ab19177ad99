import type { BlockKind } from './kinds.js';
import { jsonPayload } from './json-payload.js';

/** Transfers of the ledger of rewards (docs/formats/transfers.md); the payload is a JSON object of at most 16 MiB. */
export const transfers: BlockKind = {
  chain: 'C',
  type: 'transfers',
  rules: [jsonPayload(16 * 1024 * 1024)],
};
