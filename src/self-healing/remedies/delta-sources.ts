import { applyDelta, decodeHeader, DELTA_LIMITS, readDelta, type BlockStores } from '../../chain/index.js';
import { bytesWithin } from '../../common/bytes-within.js';
import { isHash } from '../../common/index.js';

/** What a damaged payload can be made from without anybody's help: the delta that lies beside it. Null where there is none. */
export async function fromOwnDelta(stores: BlockStores, payload: string): Promise<Uint8Array | null> {
  if (!(await stores.payloads.deltas.has(payload))) return null;
  const made = await stores.payloads.fromDeltas(payload);
  if (!made.ok) throw new Error(`its delta does not help: ${made.error.message}`);
  return made.value;
}

/**
 * The payload of a block by the delta that a peer shows, which is less to fetch than the payload. Null where this node lacks what it is the
 * difference from, or the peer has none.
 *
 * @param ask a path of the peer
 */
export async function fromPeerDelta(
  stores: BlockStores,
  block: string,
  ask: (path: string) => Promise<Response>,
): Promise<Uint8Array | null> {
  const parent = await parentPayload(stores, block);
  if (parent === null) return null;
  const response = await ask(`/chain/B/blocks/${block}/delta`);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    return null;
  }
  const bytes = await bytesWithin(response.body as AsyncIterable<Uint8Array>, DELTA_LIMITS.payloadBytes);
  if (bytes === null) throw new Error("the peer's delta is larger than any");
  const delta = readDelta(bytes);
  const made = delta.ok ? await applyDelta(delta.value, parent) : delta;
  if (!made.ok) throw new Error(`the peer's delta does not help: ${made.error.message}`);
  return made.value;
}

async function parentPayload(stores: BlockStores, block: string): Promise<Uint8Array | null> {
  const parent = (await headerOf(stores, block))?.metadata.parent;
  const before = await headerOf(stores, parent);
  if (before === null || before.payload_size > DELTA_LIMITS.payloadBytes) return null;
  const payload = await stores.payloads.read(before.payload_hash);
  return payload.ok ? payload.value : null;
}

async function headerOf({ headers }: BlockStores, block: unknown) {
  const bytes = isHash(block) ? await headers.read(block) : null;
  const header = bytes?.ok === true ? decodeHeader(bytes.value) : null;
  return header?.ok === true ? header.value : null;
}
