import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LogAppender } from '../../log/index.js';
import type { AnswerFee } from '../answers/answer-fees.js';
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

  /** Resolves when receipt and log entry are durable, and the fee is taken; the answer may be given out then. @param fee none: it is free */
  async write(stored: StoredReceipt, fee?: AnswerFee): Promise<void> {
    const { receipt, owner } = stored;
    const payer = this.payers.nameOf(owner, receipt.finished_at);
    const entry = {
      kind: RECEIPT_ENTRY,
      subject: receipt.id,
      actor: receipt.node,
      hash: receiptHash(receipt),
      data: {
        ...{ release: receipt.release, kernel: receipt.kernel, tokens: receipt.output.tokens, payer },
        ...(fee !== undefined && { fee: String(fee.units) }),
      },
    };
    const insert = (manager: EntityManager) => this.store.insert(manager, stored);
    if (fee === undefined) await this.log.appendGrouped([entry], insert);
    else
      await fee.take(receipt.id, async (manager) => {
        await insert(manager);
        await this.log.append(manager, [entry]);
      });
    this.store.committed(stored);
  }
}
