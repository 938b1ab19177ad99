import { receiptHash } from '../../../src/inference/receipt/receipt-hashes.js';
import { parseEvidence, parseReceipt } from '../../../src/inference/receipt/parse-receipt.js';
import type { ReceiptDocument } from '../../../src/inference/receipt/receipt.js';
import { verifyEvidence, verifySignature } from '../../../src/inference/receipt/verify-receipt.js';
import { shortHash } from '../components/format.js';
import { isRecord } from '../api/problem.js';
import type { Findings } from './findings.js';
import { inclusionFault } from './log-inclusion.js';

/** The receipt and its evidence once their shape is right; null when it is not. */
export function readDocument(value: unknown, findings: Findings): ReceiptDocument | null {
  const document = isRecord(value) ? value : {};
  const receipt = parseReceipt(document.receipt);
  const evidence = parseEvidence(document.evidence);
  if (!receipt.ok) findings.fail('receipt', 'shape', receipt.error.message);
  if (!evidence.ok) findings.fail('evidence', 'shape', evidence.error.message);
  if (!receipt.ok || !evidence.ok) return null;
  const log = isRecord(document.log) ? (document.log as unknown as ReceiptDocument['log']) : null;
  return { receipt: receipt.value, evidence: evidence.value, log };
}

/** Name and signature of the receipt, then that prompt, tokens and text are the ones it speaks of. */
export function checkReceipt({ receipt, evidence }: ReceiptDocument, findings: Findings): void {
  const signed = verifySignature(receipt);
  if (signed.ok) findings.step('receipt', 'passed', `signed by node ${shortHash(receipt.node)}`);
  else findings.fail('receipt', String(signed.error.facts.part ?? 'receipt'), signed.error.message);
  const agreed = verifyEvidence(receipt, evidence);
  if (agreed.ok) findings.step('evidence', 'passed', 'prompt, tokens and text are the ones the receipt was made from');
  else findings.fail('evidence', String(agreed.error.facts.part ?? 'evidence'), agreed.error.message, 0);
}

/** The receipt's leaf in the log. A receipt younger than a second may not be there yet: that is open, not wrong. */
export function checkLog({ receipt, log }: ReceiptDocument, findings: Findings): void {
  if (log === null) return findings.step('log', 'open', 'not in the log yet; verify again in a second');
  const claim = { kind: 'receipt', subject: receipt.id, hash: receiptHash(receipt) };
  const fault = inclusionFault(log, claim);
  if (fault !== null) return findings.fail('log', 'inclusion', fault);
  findings.step('log', 'passed', `leaf ${log.index} of ${log.size}, under a signed checkpoint`);
}
