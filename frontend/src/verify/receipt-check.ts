import { parseEvidence, parseReceipt } from '../../../src/inference/receipt/parse-receipt.js';
import type { Receipt, ReceiptEvidence, ReceiptLogProof } from '../../../src/inference/receipt/receipt.js';
import { parseLogProof, verifyLogProof } from '../../../src/inference/receipt/verify-log.js';
import { verifyEvidence, verifySignature } from '../../../src/inference/receipt/verify-receipt.js';
import { isRecord } from '../api/problem.js';
import { shortHash } from '../components/format.js';
import type { Downloads } from './downloads.js';
import type { Findings } from './findings.js';

/** A receipt of the right shape, with as much of the rest as the server gives to this reader. */
export interface GivenReceipt {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence | null;
  readonly log: ReceiptLogProof | null;
}

/** Times a receipt that is not in the log yet is asked for again. */
const LOG_TRIES = 5;
const LOG_WAIT_MS = 400;

/** Downloads a receipt and checks its shape; null when that is wrong. Waits a little for its place in the log. */
export async function readReceipt(
  id: string,
  downloads: Downloads,
  findings: Findings,
): Promise<GivenReceipt | null> {
  findings.step('receipt', 'running', 'downloading');
  let answer = await downloads.json(`/v1/receipts/${encodeURIComponent(id)}`);
  for (let tries = 0; tries < LOG_TRIES && isRecord(answer) && answer.log === null; tries++) {
    findings.step('log', 'running', 'waiting for the log');
    await new Promise((resolve) => setTimeout(resolve, LOG_WAIT_MS));
    answer = await downloads.json(`/v1/receipts/${encodeURIComponent(id)}`);
  }
  const document = isRecord(answer) ? answer : {};
  const receipt = parseReceipt(document.receipt);
  if (!receipt.ok) {
    findings.fail('receipt', 'shape', receipt.error.message);
    return null;
  }
  if (receipt.value.id !== id) findings.fail('receipt', 'id', 'the server answered with another receipt');
  const evidence = document.evidence === null ? null : parseEvidence(document.evidence);
  const log = document.log === null ? null : parseLogProof(document.log);
  if (evidence?.ok === false) findings.fail('evidence', 'shape', evidence.error.message);
  if (log?.ok === false) findings.fail('log', 'shape', log.error.message);
  return {
    receipt: receipt.value,
    evidence: evidence?.ok ? evidence.value : null,
    log: log?.ok ? log.value : null,
  };
}

/** Name and signature, then that prompt, tokens and text are the ones the receipt speaks of, then its leaf in the log. */
export function checkReceipt({ receipt, evidence, log }: GivenReceipt, findings: Findings): void {
  const signed = verifySignature(receipt);
  if (!signed.ok)
    findings.fail('receipt', String(signed.error.facts.part ?? 'receipt'), signed.error.message);
  else if (findings.clean('receipt'))
    findings.step('receipt', 'passed', `signed by node ${shortHash(receipt.node)}`);
  checkEvidence(receipt, evidence, findings);
  checkLog(receipt, log, findings);
}

function checkEvidence(receipt: Receipt, evidence: ReceiptEvidence | null, findings: Findings): void {
  if (!findings.clean('evidence')) return;
  if (evidence === null)
    return findings.step('evidence', 'open', 'prompt and answer are not shown to this reader');
  const agreed = verifyEvidence(receipt, evidence);
  if (agreed.ok)
    return findings.step('evidence', 'passed', 'prompt, tokens and text are the ones it speaks of');
  findings.fail('evidence', String(agreed.error.facts.part ?? 'evidence'), agreed.error.message, 0);
}

function checkLog(receipt: Receipt, log: ReceiptLogProof | null, findings: Findings): void {
  if (!findings.clean('log')) return;
  if (log === null) return findings.step('log', 'open', 'not in the log yet; verify again in a second');
  const proved = verifyLogProof(receipt, log);
  if (proved.ok)
    findings.step('log', 'passed', `leaf ${log.index} of ${log.size}, under a signed checkpoint`);
  else findings.fail('log', 'log', proved.error.message);
}
