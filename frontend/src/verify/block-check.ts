import type { BlockHeader } from '../../../src/chain/block/header.js';
import { checkShape } from '../../../src/chain/block/shape.js';
import { verifyHeader } from '../../../src/chain/block/verify.js';
import { blockPath } from '../api/chain.js';
import { isRecord, Problem } from '../api/problem.js';
import type { Downloads, Fetched } from './downloads.js';

/** A block whose header and payload are what its hash says, or what is wrong with it. */
export type CheckedBlock =
  | { readonly ok: true; readonly header: BlockHeader; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly part: 'header' | 'payload'; readonly detail: string };

/**
 * Downloads one block and checks header hash, author's signature, payload size and payload hash. `onFetched` is told when
 * all of it is here and nothing is checked yet.
 */
export async function fetchBlock(
  downloads: Downloads,
  chain: string,
  hash: string,
  onFetched: () => void = () => undefined,
): Promise<CheckedBlock> {
  try {
    const answer = await downloads.json(blockPath(chain, hash));
    const shaped = checkShape(isRecord(answer) ? answer.header : null);
    if (!shaped.ok) return { ok: false, part: 'header', detail: shaped.error.message };
    const path = `${blockPath(chain, hash)}/payload`;
    const payload = await downloads.content(path, shaped.value.payload_hash, onFetched);
    return check(shaped.value, payload, chain, hash);
  } catch (thrown) {
    const problem = Problem.from(thrown);
    if (problem.code === 'NETWORK') throw problem;
    return {
      ok: false,
      part: 'payload',
      detail: `the server refuses it: ${problem.detail} (${problem.code})`,
    };
  }
}

function check(header: BlockHeader, payload: Fetched, chain: string, hash: string): CheckedBlock {
  const verified = verifyHeader(header, { hash });
  if (!verified.ok) return { ok: false, part: 'header', detail: verified.error.message };
  if (header.chain_id !== chain)
    return { ok: false, part: 'header', detail: `it is on chain ${header.chain_id}` };
  const { bytes } = payload;
  if (bytes.length !== header.payload_size) {
    const detail = `it has ${bytes.length} bytes, the header says ${header.payload_size}`;
    return { ok: false, part: 'payload', detail };
  }
  if (payload.hash !== header.payload_hash) {
    const said = header.payload_hash.slice(0, 12);
    return {
      ok: false,
      part: 'payload',
      detail: `it hashes to ${payload.hash.slice(0, 12)}…, the header says ${said}…`,
    };
  }
  return { ok: true, header, payload: bytes };
}
