import { err, concatBytes, ok, type Result } from '../../common/index.js';
import { encodeSignedHeader, type PayloadDigest } from '../block/index.js';
import type { BlobInput } from '../store/blob-store.js';
import type { BlockStores } from '../store/block-stores.js';
import type { ResolvedCandidate } from './candidate.js';

/** Stores payloads, tile leaves and headers of checked blocks durably, headers last. */
export async function storeBlobs(
  stores: BlockStores,
  blocks: readonly ResolvedCandidate[],
): Promise<Result<void>> {
  const payloads = new Map<string, BlobInput>();
  const leaves = new Map<string, BlobInput>();
  for (const { header, payload, digest } of blocks) {
    payloads.set(header.payload_hash, { hash: header.payload_hash, content: payload });
    if (digest.leaves.length > 1) leaves.set(digest.root, leavesBlob(digest));
  }
  const headers = blocks.map(({ hash, header }) => ({ hash, content: encodeSignedHeader(header) }));
  const [first, second] = await Promise.all([
    stores.payloads.putAll([...payloads.values()]),
    stores.leaves.putAll([...leaves.values()]),
  ]);
  if (!first.ok) return err(first.error);
  if (!second.ok) return err(second.error);
  const third = await stores.headers.putAll(headers);
  return third.ok ? ok() : err(third.error);
}

/** The blob that says which tile of a payload is which. */
export function leavesBlob(digest: PayloadDigest): BlobInput {
  return { hash: digest.root, content: concatBytes(...digest.leaves) };
}
