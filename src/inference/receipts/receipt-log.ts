import { Injectable } from '@nestjs/common';
import { LogReader } from '../../log/index.js';
import type { ReceiptLogProof } from '../receipt/index.js';
import { RECEIPT_ENTRY } from './receipt-writer.js';

/** Proves that receipts are in the log. */
@Injectable()
export class ReceiptLog {
  constructor(private readonly log: LogReader) {}

  /** The proof under the newest checkpoint; null while the leaf is not under one yet (less than a second). */
  async proof(receiptId: string): Promise<ReceiptLogProof | null> {
    const entry = await this.log.leafOf(receiptId, RECEIPT_ENTRY);
    if (entry === null) return null;
    const checkpoint = await this.log.checkpoint();
    if (entry.index >= checkpoint.size) return null;
    const inclusion = await this.log.inclusion(entry.index, checkpoint.size);
    if (!inclusion.ok) return null;
    return {
      index: entry.index,
      leaf: entry.leaf,
      size: checkpoint.size,
      proof: inclusion.value.path,
      checkpoint: checkpoint.note,
      log_key: await this.log.verifierKey(),
    };
  }

  /** As `proof`, waiting for the sequencer where need be; null when the deadline passes first. */
  async proofSoon(receiptId: string, deadlineMs: number): Promise<ReceiptLogProof | null> {
    await this.log.waitFor(receiptId, RECEIPT_ENTRY, deadlineMs);
    return this.proof(receiptId);
  }
}
