/** The file of a set is not in this data folder, or is not what its name says: another server may have it, and somebody may put it back. */
export const SEALED_SET_FILE = 'SEALED_SET_FILE';
/** Datasets are being looked through for the documents of a set: the next attempt goes on where this one ended. */
export const SEALED_SET_LOOKING = 'SEALED_SET_LOOKING';

/** Whether a refusal passes without what is measured having failed: such an attempt counts for nothing. */
export function isSealedWait(code: string): boolean {
  return code === SEALED_SET_FILE || code === SEALED_SET_LOOKING;
}
