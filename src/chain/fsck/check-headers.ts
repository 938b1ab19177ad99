import { messageOf } from '../../common/index.js';
import type { Findings } from '../../log/index.js';
import type { BlockHeader } from '../block/index.js';
import type { BlobStore } from '../store/blob-store.js';
import { HeaderVerification } from '../verify/header-verification.js';
import type { StoredHeader } from '../verify/verify-headers.js';
import type { Inventory } from './inventory.js';

const decoder = new TextDecoder();

/**
 * Every stored header is what its name and signature say, and every block of the log has one. Findings:
 * `BLOCK_HEADER_WRONG`, `BLOCK_HEADER_MISSING`; warning `BLOCK_NOT_ACCEPTED`.
 */
export async function checkHeaders(
  headers: BlobStore,
  inventory: Inventory,
  findings: Findings,
  onDone: () => void,
): Promise<void> {
  const seen = new Set<string>();
  const verification = HeaderVerification.open(inventory.blocks.size);
  const running = new Set<Promise<void>>();
  const verify = async (hashes: readonly string[]) => {
    const verdicts = await verifyStored(headers, hashes, verification);
    hashes.forEach((hash, i) => {
      judge(hash, verdicts[i], inventory, findings);
      onDone();
    });
  };
  try {
    let batch: string[] = [];
    for await (const { hash } of headers.list()) {
      seen.add(hash);
      batch.push(hash);
      if (batch.length < verification.batch) continue;
      const task = verify(batch).finally(() => running.delete(task));
      task.catch(() => undefined); // heard by `race` or `all`, which may be a listing's length away
      running.add(task);
      batch = [];
      if (running.size > verification.width) await Promise.race(running);
    }
    await Promise.all([...running, verify(batch)]);
  } finally {
    await verification.close();
  }
  for (const { hash, chain, index } of inventory.blocks.values())
    if (!seen.has(hash))
      findings.error(
        'BLOCK_HEADER_MISSING',
        hash,
        `block ${hash} (chain ${chain} #${index}) has no header file`,
      );
}

async function verifyStored(
  headers: BlobStore,
  hashes: readonly string[],
  verification: HeaderVerification,
): Promise<(BlockHeader | string)[]> {
  const read = await Promise.all(hashes.map((hash) => readHeader(headers, hash)));
  const readable = read.filter((item): item is StoredHeader => typeof item !== 'string');
  const verdicts = (await verification.verify(readable)).values();
  return read.map((item) => {
    if (typeof item === 'string') return item;
    return verdicts.next().value ?? (JSON.parse(decoder.decode(item.bytes)) as BlockHeader);
  });
}

/** The bytes, or why they cannot be read. */
async function readHeader(headers: BlobStore, hash: string): Promise<StoredHeader | string> {
  try {
    const stat = await headers.stat(hash);
    const read = await headers.read(hash, { start: 0, end: stat?.size ?? 0 });
    return read.ok ? { hash, bytes: read.value } : read.error.message;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function judge(hash: string, verdict: BlockHeader | string, inventory: Inventory, findings: Findings): void {
  const fact = inventory.blocks.get(hash);
  if (typeof verdict === 'string') {
    const what =
      fact === undefined
        ? 'a block that no log entry names'
        : `block ${hash} (chain ${fact.chain} #${fact.index})`;
    findings.error('BLOCK_HEADER_WRONG', hash, `the header of ${what} is damaged: ${verdict}`);
  } else if (fact === undefined) {
    if (inventory.complete)
      findings.warning('BLOCK_NOT_ACCEPTED', hash, `header ${hash} is stored, but no log entry accepts it`);
  } else {
    fact.header = verdict;
  }
}
