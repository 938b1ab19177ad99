import type { DataSource } from 'typeorm';
import { nativeSha256 } from '../../common/native-hash.js';
import type { Findings } from '../../log/index.js';
import { decodeHeader, verifyHeader } from '../block/index.js';
import type { BlobStore } from '../store/blob-store.js';
import { checkSignatureNative } from '../verify/native-signature.js';

/** Writes header files anew from the database's copies, where those have the right hash and signature. */
export async function repairHeaders(
  dataSource: DataSource,
  headers: BlobStore,
  damaged: readonly string[],
  findings: Findings,
): Promise<void> {
  const rows = await dataSource.query<{ hash: string; header: string }[]>(
    'SELECT hash, header FROM blocks WHERE hash = ANY($1)',
    [damaged],
  );
  for (const { hash, header } of rows) {
    const content = Buffer.from(header);
    const decoded = decodeHeader(content);
    if (!decoded.ok) continue;
    const options = { hash, sha256: nativeSha256, checkSignature: checkSignatureNative };
    if (!verifyHeader(decoded.value, options).ok) continue;
    if ((await headers.putAll([{ hash, content }])).ok)
      findings.repaired(`wrote the header of block ${hash} anew`);
  }
}
