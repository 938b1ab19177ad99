import type { Receipt, ReceiptDocument } from '../../../src/inference/receipt/receipt.js';
import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

export type { Receipt, ReceiptDocument };

/** A receipt in a list. */
export interface ReceiptSummary {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly release: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly finished_at: number;
}

/** A receipt with its evidence and its place in the log. */
export function getReceipt(id: string, signal?: AbortSignal): Promise<ReceiptDocument> {
  return requestJson(`/v1/receipts/${encodeURIComponent(id)}`, { signal });
}

/** Receipts, newest first. */
export function listReceipts(
  query: { readonly model?: string; readonly cursor?: string | null; readonly limit?: number },
  signal?: AbortSignal,
): Promise<Page<ReceiptSummary>> {
  return requestJson(withQuery('/v1/receipts', query), { signal });
}

/** Where the offline evidence bundle of a receipt is downloaded. */
export function bundlePath(id: string): string {
  return `/v1/receipts/${encodeURIComponent(id)}/bundle`;
}
