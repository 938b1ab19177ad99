import { CodedError, err, ok, type Result } from '../../common/index.js';
import { applyDelta, DELTA_LIMITS, readDelta, type DeltaBlock } from '../delta/index.js';
import type { BlobStore } from './blob-store.js';

/** Longest chain that is followed at all; what is damaged so that it leads in a circle ends here, too. */
const LONGEST_CHAIN = 2 * DELTA_LIMITS.chain;

/** How deltas between a payload and the next one without lie on each other. */
export interface ChainFigures {
  /** Deltas. */
  readonly length: number;
  /** Bytes of all of them. */
  readonly bytes: number;
}

/** The name of a delta: the payload it stands for; empty for what is none, so that it agrees with no name. */
export function nameOfDelta(bytes: Uint8Array): string {
  const delta = readDelta(bytes);
  return delta.ok ? delta.value.header.payload_hash : '';
}

/**
 * The payload a delta stands for, from the next whole payload below it. Refusals: `BLOB_MISSING` (no delta of that name, or none below it
 * and no payload), `BLOB_CORRUPT`, `DELTA_BLOCK_…`, `DELTA_BLOCK_CHAIN` for a chain that is too long or leads in a circle.
 */
export async function readThroughDeltas(
  whole: BlobStore,
  deltas: BlobStore,
  hash: string,
): Promise<Result<Uint8Array>> {
  const chain: DeltaBlock[] = [];
  let payload: Result<Uint8Array> | null = null;
  for (let name = hash; payload === null;) {
    if (chain.length === LONGEST_CHAIN) return tooLong(hash);
    const delta = await deltaOf(deltas, name);
    if (!delta.ok) return delta;
    chain.push(delta.value);
    name = delta.value.header.parent_payload_hash;
    payload = await wholeOrDelta(whole, deltas, name);
  }
  while (payload.ok && chain.length > 0) payload = await applyDelta(chain.pop()!, payload.value);
  return payload;
}

/** A payload that lies there whole; null where it lies as a delta, even if that was done just now. */
async function wholeOrDelta(
  whole: BlobStore,
  deltas: BlobStore,
  name: string,
): Promise<Result<Uint8Array> | null> {
  const found = await whole.read(name);
  if (found.ok || found.error.code !== 'BLOB_MISSING') return found;
  // The other way round, it was made whole for good between the two looks.
  return (await deltas.has(name)) ? null : whole.read(name);
}

/** The deltas below a payload, down to one that has none, whether payloads lie there whole for now or not. Refusals as `readThroughDeltas`. */
export async function chainFigures(deltas: BlobStore, hash: string): Promise<Result<ChainFigures>> {
  let [name, length, bytes] = [hash, 0, 0];
  for (;;) {
    const stat = await deltas.stat(name);
    if (stat === null) return ok({ length, bytes });
    if (length === LONGEST_CHAIN) return tooLong(hash);
    const delta = await deltaOf(deltas, name);
    if (!delta.ok) return delta;
    name = delta.value.header.parent_payload_hash;
    length++;
    bytes += stat.size;
  }
}

async function deltaOf(deltas: BlobStore, name: string): Promise<Result<DeltaBlock>> {
  const bytes = await deltas.read(name);
  return bytes.ok ? readDelta(bytes.value) : bytes;
}

function tooLong(hash: string): Result<never> {
  const message = `payload ${hash} lies under more than ${LONGEST_CHAIN} deltas, or they lead in a circle`;
  return err(new CodedError('DELTA_BLOCK_CHAIN', message, { payload: hash, most: LONGEST_CHAIN }, 503));
}
