/** Kind of the log entry of a sealed set: its subject is the root, its hash that of the commitment. */
export const SEALED_SET_ENTRY = 'learning.sealed';
/** Kind of the log entry of a draw from a sealed set, about the submission or the removal that is measured. */
export const SEALED_DRAWN_ENTRY = 'learning.sealed.drawn';
