import type { BlockKind } from './kinds.js';

/** Transfers of the ledger of rewards (docs/formats/transfers.md). Who may make them and what they hold is judged by the ledger's own rule. */
export const transfers: BlockKind = { chain: 'C', type: 'transfers', rules: [] };
