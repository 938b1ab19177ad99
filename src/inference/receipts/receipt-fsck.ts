import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import type { Findings } from '../../log/index.js';
import {
  parseEvidence,
  parseReceipt,
  receiptHash,
  verifyEvidence,
  verifyId,
  verifySignature,
} from '../receipt/index.js';
import { checkEd25519Native } from '../../common/native-ed25519.js';
import { ReceiptStore } from './receipt-store.js';
import { RECEIPT_ENTRY } from './receipt-writer.js';

const PAGE = 200;

/**
 * Compares stored receipts with the log, and each with its own claims. Findings: `RECEIPT_MISSING` (logged, but not
 * stored), `RECEIPT_ALTERED`, and as a warning `RECEIPT_NOT_LOGGED` (stored, its leaf still to be sequenced). Nothing can
 * be repaired: what is lost or altered here is nowhere else.
 */
@Injectable()
export class ReceiptFsck implements FsckCheck, OnModuleInit {
  readonly name = 'receipts';
  /** Receipt id to the hash its leaf carries. */
  private readonly logged = new Map<string, string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly store: ReceiptStore,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.logged.clear();
    if (leaf.kind === RECEIPT_ENTRY) this.logged.set(leaf.subject, leaf.hash);
  }

  async run({ complete }: FsckFacts, findings: Findings): Promise<void> {
    const missing = new Set(this.logged.keys());
    for await (const stored of this.store.all(PAGE)) {
      missing.delete(stored.id);
      const wrong = whatIsWrong(stored.receipt, stored.evidence, this.logged.get(stored.id));
      if (wrong !== null) findings.error('RECEIPT_ALTERED', stored.id, `receipt ${stored.id}: ${wrong}`);
      else if (complete && !this.logged.has(stored.id)) {
        findings.warning('RECEIPT_NOT_LOGGED', stored.id, `receipt ${stored.id} is not in the log yet`);
      }
    }
    for (const id of missing) {
      findings.error('RECEIPT_MISSING', id, `receipt ${id} is in the log, but not stored`);
    }
    this.logged.clear();
  }
}

function whatIsWrong(receipt: unknown, evidence: unknown, logged: string | undefined): string | null {
  const parsed = parseReceipt(receipt);
  if (!parsed.ok) return parsed.error.message;
  const proof = parseEvidence(evidence);
  if (!proof.ok) return proof.error.message;
  for (const check of [
    verifyId(parsed.value),
    verifySignature(parsed.value, checkEd25519Native),
    verifyEvidence(parsed.value, proof.value),
  ]) {
    if (!check.ok) return check.error.message;
  }
  if (logged !== undefined && logged !== receiptHash(parsed.value))
    return 'its leaf in the log has another hash';
  return null;
}
