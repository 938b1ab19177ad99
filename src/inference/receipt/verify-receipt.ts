import { checkEd25519, type Ed25519Check } from '../../common/ed25519.js';
import { CodedError, err, hexToBytes, ok, type Result } from '../../common/index.js';
import {
  receiptBody,
  receiptId,
  receiptMessage,
  requestHash,
  textHash,
  tokensHash,
} from './receipt-hashes.js';
import type { Receipt, ReceiptEvidence } from './receipt.js';

/** Checks that the identifier follows from the content; refuses with `RECEIPT_ID`. */
export function verifyId(receipt: Receipt): Result<void> {
  if (receiptId(receiptBody(receipt)) === receipt.id) return ok();
  const message = 'the content is not the one the identifier names: it was altered';
  return err(new CodedError('RECEIPT_ID', message, { part: 'id' }));
}

/** Checks that the node's key signed the receipt; refuses with `RECEIPT_SIGNATURE`. */
export function verifySignature(receipt: Receipt, check: Ed25519Check = checkEd25519): Result<void> {
  const [signature, key] = [hexToBytes(receipt.signature), hexToBytes(receipt.node)];
  if (check(signature, receiptMessage(receipt), key)) return ok();
  const message = 'the signature does not match receipt and key';
  return err(new CodedError('RECEIPT_SIGNATURE', message, { part: 'signature' }));
}

/**
 * Checks that the private part is the one the receipt speaks of; names the first part that is not: `prompt` (or its
 * stop strings), `tokens` or `text`. A wrong salt shows as all three, so it is named `salt`.
 */
export function verifyEvidence(receipt: Receipt, evidence: ReceiptEvidence): Result<void> {
  const agreed = {
    prompt: requestHash(evidence) === receipt.request.salted_hash,
    tokens:
      tokensHash(evidence) === receipt.output.tokens_hash &&
      evidence.output_ids.length === receipt.output.tokens,
    text: textHash(evidence) === receipt.output.text_hash,
  };
  const wrong = Object.entries(agreed).flatMap(([part, good]) => (good ? [] : [part]));
  if (wrong.length === 0) return ok();
  const part = wrong.length === Object.keys(agreed).length ? 'salt' : wrong[0];
  return err(
    new CodedError('RECEIPT_EVIDENCE', `${part} is not what the receipt was made from`, {
      part,
      parts: wrong,
    }),
  );
}
