import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../common/installation.js';
import { BulkVerifier } from './bulk-verifier.js';
import { checkOneByOne, type BulkSignatureCheck } from './verify-headers.js';

/** The compiled verifier where it was built, otherwise OpenSSL: the same verdicts, a tenth of the speed. */
export function loadBulkCheck(): BulkSignatureCheck {
  const path = join(packageRoot(), 'dist', 'verifier', 'secp256k1.wasm');
  if (!existsSync(path)) return checkOneByOne;
  const verifier = BulkVerifier.load(path);
  return (items) => verifier.verify(items);
}
