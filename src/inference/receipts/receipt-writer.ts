import { Injectable } from '@nestjs/common';
import { LogAppender } from '../../log/index.js';
import { receiptHash } from '../receipt/index.js';
import { PayerNames } from './payer-names.js';
import { ReceiptStore, type StoredReceipt } from './receipt-store.js';

/** Kind of a receipt's leaf in the log. */
export const RECEIPT_ENTRY = 'receipt';

/** Stores receipts with their log entries, many at once in one transaction. */
@Injectable()
export class ReceiptWriter {
  constructor(
    private readonly log: LogAppender,
    private readonly store: ReceiptStore,
    private readonly payers: PayerNames,
  ) {}

  /** Resolves when receipt and log entry are durable; the answer may be given out then. */
  async write(stored: StoredReceipt): Promise<void> {
    const { receipt, owner } = stored;
    const payer = this.payers.nameOf(owner, receipt.finished_at);
    const entry = {
      kind: RECEIPT_ENTRY,
      subject: receipt.id,
      actor: receipt.node,
      hash: receiptHash(receipt),
      data: { release: receipt.release, kernel: receipt.kernel, tokens: receipt.output.tokens, payer },
    };
    await this.log.appendGrouped([entry], (manager) => this.store.insert(manager, stored));
    this.store.committed(stored);
  }
}
