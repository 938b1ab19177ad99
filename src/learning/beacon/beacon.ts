/**
 * What the examples of a submission were drawn from (docs/formats/verdict.md): the root over the log's first `size` leaves. The last of
 * them is a random number that the server put there after the submission, so that nobody who made it could know the root.
 * Members are named as in JSON.
 */
export interface Beacon {
  /** Leaf of the submission, or of the removal. */
  readonly submission_index: number;
  /** Leaf of the random number. */
  readonly nonce_index: number;
  /** Leaves under the root: one more than `nonce_index`. */
  readonly size: number;
  /** RFC 6962 root, 64 hex digits. */
  readonly root: string;
}

/** Kind of the log entry of a submission. */
export const SUBMISSION_ENTRY = 'learning.submission';
/** Kind of the log entry of the removal of experts, after which a random number comes as after a submission. */
export const REMOVAL_ENTRY = 'learning.removal';
/** Kind of the log entry of what a removal was measured to do. */
export const REMOVAL_MEASURED_ENTRY = 'learning.removal.measured';
/** Kind of the log entry of the random number behind it. */
export const NONCE_ENTRY = 'learning.nonce';
/** Kind of the log entry of a verdict. */
export const VERDICT_ENTRY = 'learning.verdict';
