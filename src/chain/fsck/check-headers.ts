import { messageOf } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { Findings } from '../../log/index.js';
import { decodeHeader, verifyHeader, type BlockHeader } from '../block/index.js';
import type { BlobStore } from '../store/blob-store.js';
import { checkSignatureNative } from '../verify/native-signature.js';
import type { Inventory } from './inventory.js';

/**
 * Every stored header is what its name and signature say, and every block of the log has one. Findings:
 * `BLOCK_HEADER_WRONG`, `BLOCK_HEADER_MISSING`; warning `BLOCK_NOT_ACCEPTED`.
 */
export async function checkHeaders(
  headers: BlobStore,
  inventory: Inventory,
  findings: Findings,
  onDone: (headers: number) => void,
): Promise<void> {
  const seen = new Set<string>();
  for await (const { hash } of headers.list()) {
    const fact = inventory.blocks.get(hash);
    seen.add(hash);
    const header = await readHeader(headers, hash);
    if (typeof header === 'string') {
      const what =
        fact === undefined
          ? 'a header that no log entry names'
          : `block ${hash} (chain ${fact.chain} #${fact.index})`;
      findings.error('BLOCK_HEADER_WRONG', hash, `the header of ${what} is damaged: ${header}`);
    } else if (fact === undefined) {
      if (inventory.complete)
        findings.warning('BLOCK_NOT_ACCEPTED', hash, `header ${hash} is stored, but no log entry accepts it`);
    } else {
      fact.header = header;
    }
    onDone(1);
  }
  for (const { hash, chain, index } of inventory.blocks.values())
    if (!seen.has(hash))
      findings.error(
        'BLOCK_HEADER_MISSING',
        hash,
        `block ${hash} (chain ${chain} #${index}) has no header file`,
      );
}

/** The header if it is intact, otherwise what is wrong with it. */
async function readHeader(headers: BlobStore, hash: string): Promise<BlockHeader | string> {
  const path = headers.path(hash);
  const { size } = (await headers.stat(hash)) ?? { size: 0 };
  try {
    const bytes = await headers.read(hash, { start: 0, end: size });
    if (!bytes.ok) return bytes.error.message;
    const decoded = decodeHeader(bytes.value);
    if (!decoded.ok) return decoded.error.message;
    const verified = verifyHeader(decoded.value, {
      hash,
      sha256: nativeSha256,
      checkSignature: checkSignatureNative,
    });
    return verified.ok ? verified.value.header : verified.error.message;
  } catch (thrown) {
    return `${path ?? hash} cannot be read: ${messageOf(thrown)}`;
  }
}
