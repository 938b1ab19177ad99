import { Injectable } from '@nestjs/common';
import { FreshCache } from '../../common/fresh-cache.js';
import { LogReader } from '../../log/index.js';
import type { ReceiptLogProof } from '../receipt/index.js';
import { RECEIPT_ENTRY } from './receipt-writer.js';

/** A leaf stays where it is: this only bounds how long one is held that nobody asks for. */
const LEAF_KEPT_MS = 60_000;
const MOST_LEAVES = 1_000;

/** Proves that receipts are in the log. */
@Injectable()
export class ReceiptLog {
  private readonly leaves = new FreshCache((id) => this.log.leafOf(id, RECEIPT_ENTRY), {
    freshMs: LEAF_KEPT_MS,
    most: MOST_LEAVES,
    keeps: (leaf) => leaf !== null,
  });

  constructor(private readonly log: LogReader) {}

  /** The proof under the newest checkpoint; null while the leaf is not under one yet (less than a second). */
  async proof(receiptId: string): Promise<ReceiptLogProof | null> {
    const entry = await this.leaves.get(receiptId);
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
