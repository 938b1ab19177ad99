import type { BlockHeader } from '../../../src/chain/block/header.js';
import { verifyHeader } from '../../../src/chain/block/verify.js';
import { blockPath } from '../api/chain.js';
import { isRecord, Problem } from '../api/problem.js';
import type { Downloads } from './downloads.js';

/** A block whose header and payload are what its hash says, or what is wrong with it. */
export type CheckedBlock =
  | { readonly ok: true; readonly header: BlockHeader; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly part: 'header' | 'payload'; readonly detail: string };

/** Downloads one block and checks header hash, author's signature, payload size and payload hash. */
export async function fetchBlock(downloads: Downloads, chain: string, hash: string): Promise<CheckedBlock> {
  try {
    const answer = await downloads.json(blockPath(chain, hash));
    const verified = verifyHeader(isRecord(answer) ? answer.header : null, { hash });
    if (!verified.ok) return { ok: false, part: 'header', detail: verified.error.message };
    const header = verified.value.header;
    if (header.chain_id !== chain)
      return { ok: false, part: 'header', detail: `it is on chain ${header.chain_id}` };
    return await fetchPayload(downloads, header, hash);
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

async function fetchPayload(downloads: Downloads, header: BlockHeader, hash: string): Promise<CheckedBlock> {
  const path = `${blockPath(header.chain_id, hash)}/payload`;
  const payload = await downloads.content(path, header.payload_hash);
  if (payload.bytes.length !== header.payload_size)
    return {
      ok: false,
      part: 'payload',
      detail: `it has ${payload.bytes.length} bytes, the header says ${header.payload_size}`,
    };
  if (payload.hash !== header.payload_hash)
    return {
      ok: false,
      part: 'payload',
      detail: `it hashes to ${payload.hash.slice(0, 12)}…, the header says ${header.payload_hash.slice(0, 12)}…`,
    };
  return { ok: true, header, payload: payload.bytes };
}
