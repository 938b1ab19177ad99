import type { Json } from '../../../src/common/canonical-json.js';
import type { RecomputeProgress } from '../../../src/rewards/epochs/recompute-epoch.js';
import type { RecordDifference } from './record-differences.js';

export type { RecomputeProgress, RecordDifference };

/** What the worker is asked. */
export interface RecomputeRequest {
  readonly epoch: number;
  /** The record that the page shows: what is worked out has to be that one. */
  readonly shown: Json;
  /** Bearer token of this tab, where the server wants one. */
  readonly token: string | null;
}

/** What came out. */
export interface RecomputeOutcome {
  readonly equal: boolean;
  /** The hash of the record as it was worked out here. */
  readonly computed: string;
  readonly differences: readonly RecordDifference[];
}

/** What the worker tells. `refused`: what the server gives does not fit together, or does not suffice. */
export type RecomputeReport =
  | { readonly type: 'progress'; readonly progress: RecomputeProgress }
  | { readonly type: 'outcome'; readonly outcome: RecomputeOutcome }
  | { readonly type: 'refused'; readonly code: string; readonly detail: string }
  | { readonly type: 'problem'; readonly status: number; readonly code: string; readonly detail: string };
