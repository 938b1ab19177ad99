import type { ReceiptDocument } from '../../../src/inference/receipt/receipt.js';
import type { Findings } from './findings.js';
import type { VerifiedRelease } from './release-check.js';
import type { VerifiedWeight } from './weight-check.js';

export async function checkReplay(
  _document: ReceiptDocument,
  _release: VerifiedRelease,
  _weights: readonly VerifiedWeight[],
  _kernel: Uint8Array<ArrayBuffer>,
  findings: Findings,
): Promise<void> {
  findings.step('replay', 'open', 'not there');
}
