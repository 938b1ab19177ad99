import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ReceiptLane, Receipt } from './receipt.js';

/** Members of a receipt that name what computed in the kernel's place, or none at all: receipts of the kernel keep their bytes. */
export function laneMembers(
  lane: { readonly backend: string; readonly device: string } | null,
): ReceiptLane | Record<string, never> {
  return lane === null ? {} : { exact: false, backend: lane.backend, device: lane.device };
}

/** What is to be said of an answer that the kernel did not compute; null where it did. */
export function laneOfReceipt(receipt: Receipt): string | null {
  if (receipt.exact !== false) return null;
  return `fast lane (TensorFlow.js, ${receipt.backend} on ${receipt.device}): not replayable bit for bit`;
}

/** Refuses (`RECEIPT_NOT_EXACT`, 409) to compute again what nobody can, to the last bit. */
export function requireExact(receipt: Receipt): Result<void> {
  const lane = laneOfReceipt(receipt);
  if (lane === null) return ok();
  const { id, backend, device } = receipt;
  const facts = { receipt: id, backend: String(backend), device: String(device) };
  return err(new CodedError('RECEIPT_NOT_EXACT', `${id} is of the ${lane}.`, facts, 409));
}
