import type { Clock, Result } from '../../common/index.js';
import type { SignatureCheck } from '../block/index.js';
import type { Candidate, ParentFacts, ResolvedCandidate } from '../publish/candidate.js';

/** What checks need beyond the block itself. */
export interface CheckContext {
  readonly clock: Clock;
  readonly checkSignature: SignatureCheck;
  /** Leading zero bits asked of blocks by this author (0 for trusted ones). */
  readonly difficultyFor: (author: string) => number;
}

/** A check of a block by itself. */
export type HeaderCheck = (
  candidate: Candidate & { readonly claimedHash?: string },
  context: CheckContext,
) => Result<void>;

/** A check of a block against the blocks it depends on. */
export type ParentCheck = (candidate: Candidate, parents: ReadonlyMap<string, ParentFacts>) => Result<void>;

/** A check of a block whose header, parents and payload are known. */
export type BlockRule = (candidate: ResolvedCandidate) => Result<void> | Promise<Result<void>>;
