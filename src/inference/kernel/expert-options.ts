import type { PolicyName } from './policies/index.js';

/** How an engine treats experts, besides the bytes they may take. None of it changes a bit of an answer. */
export interface ExpertOptions {
  /** Which expert leaves the memory when another needs room. */
  readonly policy?: PolicyName;
  /** Whether experts are loaded by a thread of their own while the kernel computes, foretold ones included. */
  readonly prefetch?: boolean;
  /** Bytes of the ring that keeps each model's routing; 0 or absent: none is kept. */
  readonly traceBytes?: number;
}
