import {
  canonicalJson,
  concatBytes,
  hexToBytes,
  sha256Bytes,
  sha256Hex,
  utf8ToBytes,
  bytesToHex,
  type Json,
} from '../../common/index.js';
import type { Receipt, ReceiptBody, ReceiptEvidence } from './receipt.js';

const ID_DIGITS = 32;

/** The private part of a request. */
type PrivateRequest = Pick<ReceiptEvidence, 'salt' | 'prompt_ids' | 'stop' | 'logit_bias' | 'constraint'>;

/**
 * `request.salted_hash`: SHA-256(salt ‖ canonical JSON {prompt_ids, stop, logit_bias, constraint}), the last two only where
 * the request had them. Parameters and seed stand in the receipt itself; what may tell something of the prompt is private.
 */
export function requestHash({ salt, prompt_ids, stop, logit_bias, constraint }: PrivateRequest): string {
  const request = {
    prompt_ids,
    stop,
    ...(logit_bias === undefined ? {} : { logit_bias }),
    ...(constraint === undefined ? {} : { constraint }),
  };
  return salted(salt, utf8ToBytes(canonicalJson(request as unknown as Json)));
}

/** `output.tokens_hash`: SHA-256(salt ‖ token ids as 32-bit little-endian). */
export function tokensHash(evidence: Pick<ReceiptEvidence, 'salt' | 'output_ids'>): string {
  return salted(evidence.salt, tokenBytes(evidence.output_ids));
}

/** `output.text_hash`: SHA-256(salt ‖ UTF-8 of the delivered text). */
export function textHash(evidence: Pick<ReceiptEvidence, 'salt' | 'text'>): string {
  return salted(evidence.salt, utf8ToBytes(evidence.text));
}

/** `id`: named by the content of the body, so that one statement has one name. */
export function receiptId(body: ReceiptBody): string {
  return `rcpt_${sha256Hex(canonicalJson(body as unknown as Json)).slice(0, ID_DIGITS)}`;
}

/** The bytes the node signs: the canonical JSON of the receipt without `signature`. */
export function receiptMessage(receipt: Omit<Receipt, 'signature'>): Uint8Array {
  const { signature: _signature, ...unsigned } = receipt as Receipt;
  return utf8ToBytes(canonicalJson(unsigned as unknown as Json));
}

/** The hash the log leaf carries: SHA-256 of the canonical JSON of the whole signed receipt. */
export function receiptHash(receipt: Receipt): string {
  return sha256Hex(canonicalJson(receipt as unknown as Json));
}

/** The body of a receipt: everything but `id` and `signature`. */
export function receiptBody(receipt: Receipt): ReceiptBody {
  const { id: _id, signature: _signature, ...body } = receipt;
  return body;
}

/** Token ids as 32-bit little-endian integers. */
export function tokenBytes(ids: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * 4);
  const view = new DataView(bytes.buffer);
  ids.forEach((id, i) => view.setUint32(i * 4, id, true));
  return bytes;
}

function salted(salt: string, bytes: Uint8Array): string {
  return bytesToHex(sha256Bytes(concatBytes(hexToBytes(salt), bytes)));
}
