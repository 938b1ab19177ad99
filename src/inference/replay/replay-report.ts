import { firstDifference, type PartReport } from '../receipt/index.js';

/** What a replay or a check found. */
export interface ReplayReport {
  readonly receipt_id: string | null;
  readonly agrees: boolean;
  /** The earliest token at which something disagrees, and what. */
  readonly first_difference: { readonly token: number; readonly part: string } | null;
  readonly parts: readonly PartReport[];
}

/** The report over all parts that were checked. */
export function replayReport(receiptId: string | null, parts: readonly PartReport[]): ReplayReport {
  const difference = firstDifference(parts);
  return { receipt_id: receiptId, agrees: difference === null, first_difference: difference, parts };
}
