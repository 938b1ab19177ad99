import type { Result } from '../../common/index.js';
import type { SamplingParameters } from '../sampler/index.js';
import type { Place } from './place.js';

/** What a side says in public: the question it answered, its answer, and its commitments. */
export interface Statement {
  readonly release: string;
  readonly kernelHash: string;
  readonly promptIds: readonly number[];
  readonly sampling: SamplingParameters;
  readonly outputIds: readonly number[];
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** One per 32 tokens and one for the rest: SHA-256(salt ‖ state). */
  readonly commitments: readonly Uint8Array[];
}

/**
 * One side of a dispute: its statement, and on demand what lies under it. Every answer is held against the one before it, down
 * to single values, so that a side cannot change its story. Refusals mean that the side gives no answer.
 */
export interface Witness {
  readonly statement: Statement;
  /** Commitment chain after each of the tokens `first` to `end` (from 0): 32 bytes each. */
  states(first: number, end: number): Promise<Result<readonly Uint8Array[]>>;
  /** Digests of positions 0 to `count`. */
  positions(count: number): Promise<Result<readonly Uint8Array[]>>;
  /** Digests of the sections of a position. */
  sections(position: number): Promise<Result<readonly Uint8Array[]>>;
  /** Digests of the operators' outputs in a section. */
  operators(position: number, section: number): Promise<Result<readonly Uint8Array[]>>;
  /** The output of one operator. */
  value(place: Place): Promise<Result<Float32Array>>;
}
