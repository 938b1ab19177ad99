import { readFile } from 'node:fs/promises';
import type { BlockHeader, ChainId, PayloadDigest } from '../block/index.js';
import type { PayloadSource } from './block-input.js';

/** What the checks know of a block that a candidate depends on. */
export interface ParentFacts {
  readonly hash: string;
  readonly chain: ChainId;
  readonly type: string;
  /** ms since the epoch. */
  readonly timestamp: number;
  /** Longest way to a block without parents. */
  readonly depth: number;
}

/** A block on its way through the checks. */
export interface Candidate {
  readonly hash: string;
  readonly header: BlockHeader;
  readonly payload: PayloadSource;
}

/** A candidate whose payload was read and whose parents are known. */
export interface ResolvedCandidate extends Candidate {
  readonly digest: PayloadDigest;
  /** By hash; the candidate's own dependencies only. */
  readonly parents: ReadonlyMap<string, ParentFacts>;
}

/** The candidate's whole payload in memory; only for payloads that are known to be small. */
export async function payloadBytes(candidate: Candidate): Promise<Uint8Array> {
  return candidate.payload instanceof Uint8Array ? candidate.payload : readFile(candidate.payload.path);
}
