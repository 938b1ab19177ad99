import { checkEd25519, type Ed25519Check } from '../../common/ed25519.js';
import type { Result } from '../../common/index.js';
import {
  agreeing,
  disagreeing,
  laneOfReceipt,
  verifyEvidence,
  verifyId,
  verifyLogProof,
  verifySignature,
  type PartReport,
  type Receipt,
  type ReceiptEvidence,
  type ReceiptLogProof,
} from '../receipt/index.js';

/** A receipt with as much beside it as was given. */
export interface PresentedReceipt {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence | null;
  readonly log: ReceiptLogProof | null;
}

/**
 * Checks everything about a receipt that needs no model: signature, and private part and log proof where given.
 * @param check of signatures; a server has a faster one
 */
export function checkStatement(
  { receipt, evidence, log }: PresentedReceipt,
  check: Ed25519Check = checkEd25519,
): PartReport[] {
  return [
    reported('id', verifyId(receipt), receipt.id),
    reported('signature', verifySignature(receipt, check), `signed by ${receipt.node}`),
    ...(evidence === null ? [] : checkEvidence(receipt, evidence)),
    ...laneParts(receipt),
    ...(log === null ? [] : [checkLog(receipt, log, check)]),
  ];
}

/** Nothing disagrees in a receipt that says of itself that nobody can compute it again; but it is said. */
function laneParts(receipt: Receipt): PartReport[] {
  const lane = laneOfReceipt(receipt);
  return lane === null ? [] : [agreeing('lane', lane)];
}

function checkEvidence(receipt: Receipt, evidence: ReceiptEvidence): PartReport[] {
  const checked = verifyEvidence(receipt, evidence);
  if (checked.ok) return [agreeing('evidence', 'prompt, tokens and text are the ones the receipt speaks of')];
  const { parts } = checked.error.facts;
  const all = Array.isArray(parts) ? (parts as string[]) : [];
  const named = String(checked.error.facts.part);
  return named === 'salt'
    ? [disagreeing('salt', 'no part fits the receipt: the salt is wrong', 0)]
    : all.map((part) => disagreeing(part, `the ${part} given is not the one the receipt speaks of`));
}

/** Checks that the log contains a receipt. @param check of signatures */
export function checkLog(receipt: Receipt, log: ReceiptLogProof, check: Ed25519Check): PartReport {
  const checked = verifyLogProof(receipt, log, check);
  const detail = checked.ok
    ? `leaf ${log.index} of ${checked.value.origin}, ${checked.value.size} leaves`
    : '';
  return reported('log', checked, detail);
}

function reported(part: string, result: Result<unknown>, detail: string): PartReport {
  if (result.ok) return agreeing(part, detail);
  const named = result.error.facts.part;
  return disagreeing(typeof named === 'string' ? named : part, result.error.message);
}
