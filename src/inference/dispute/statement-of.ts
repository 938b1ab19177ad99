import { CodedError, err, hexToBytes, ok, type Result } from '../../common/index.js';
import { requireExact, statedSampling, type Receipt, type ReceiptEvidence } from '../receipt/index.js';
import { checkStatement } from '../replay/check-statement.js';
import type { SideName } from './verdict.js';
import type { Statement } from './witness.js';

/** A receipt and its private part as one side of a dispute. Nothing is checked. */
export function statementOf(receipt: Receipt, evidence: ReceiptEvidence): Statement {
  return {
    release: receipt.release,
    kernelHash: receipt.kernel,
    promptIds: evidence.prompt_ids,
    outputIds: evidence.output_ids,
    sampling: statedSampling(receipt.request, evidence),
    salt: hexToBytes(evidence.salt),
    commitments: receipt.commitments.map(hexToBytes),
  };
}

/**
 * Refuses (`DISPUTE_STATEMENT`, naming side and part) a receipt that is not signed, or whose private part is not the one it speaks
 * of: there is nobody who stands for it; and (`RECEIPT_NOT_EXACT`) one of an answer that nobody can compute again.
 */
export function checkSide(side: SideName, receipt: Receipt, evidence: ReceiptEvidence): Result<void> {
  const exact = requireExact(receipt);
  if (!exact.ok) return exact;
  const wrong = checkStatement({ receipt, evidence, log: null }).find(({ agrees }) => !agrees);
  if (wrong === undefined) return ok();
  const message = `${side} is no receipt to dispute: ${wrong.part}: ${wrong.detail}`;
  return err(new CodedError('DISPUTE_STATEMENT', message, { side, part: wrong.part }, 400));
}
