import { digestPayload } from '../../../src/chain/block/payload.js';
import { verifyHeader } from '../../../src/chain/block/verify.js';
import { blockPath, type BlockAnswer } from '../api/chain.js';
import { send } from '../api/client.js';
import { getEntryProof } from '../api/log.js';
import { count, shortHash } from '../components/format.js';
import { sha256 } from './downloads.js';
import { inclusionFault } from './log-inclusion.js';

/** The outcome of a check made in this browser; `open` could be neither proved nor refuted. */
export interface Proof {
  readonly is: 'proved' | 'failed' | 'open';
  readonly detail: string;
}

/** Header: shape, hash, author's signature. */
export function checkHeader({ hash, header }: BlockAnswer): Proof {
  const verified = verifyHeader(header, { hash });
  if (!verified.ok) return { is: 'failed', detail: verified.error.message };
  return { is: 'proved', detail: `signed by ${shortHash(header.miner_pub)}` };
}

/** Payload: downloaded whole, then size, SHA-256 and the root over its tiles. */
export async function checkPayload({ hash, header }: BlockAnswer): Promise<Proof> {
  const response = await send(`${blockPath(header.chain_id, hash)}/payload`, { accept: '*/*' });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length !== header.payload_size)
    return { is: 'failed', detail: `${bytes.length} bytes instead of ${header.payload_size}` };
  const actual = await sha256(bytes);
  if (actual !== header.payload_hash) return { is: 'failed', detail: `it hashes to ${shortHash(actual)}` };
  const { root, leaves } = digestPayload(bytes);
  if (root !== header.payload_root)
    return { is: 'failed', detail: `its tiles lead to the root ${shortHash(root)}` };
  return { is: 'proved', detail: `hash and root agree over ${count(leaves.length, 'tile')}` };
}

/** Inclusion: leaf, path and the checkpoint's signature. */
export async function checkInclusion(block: BlockAnswer): Promise<Proof> {
  if (block.log_index === null) return { is: 'open', detail: 'not in the log yet' };
  const evidence = await getEntryProof('block', block.hash);
  const fault = inclusionFault(evidence, { kind: 'block', subject: block.hash, hash: block.hash });
  if (fault !== null) return { is: 'failed', detail: fault };
  return { is: 'proved', detail: `leaf ${evidence.index} of ${evidence.size}` };
}
