import { CodedError } from '../../common/index.js';
import type { Cause, RemedyName } from '../patterns/healing-rules.js';

/** By these a remedy says that nothing was done, because there is nothing that it could do here. */
const REFUSALS: ReadonlySet<string> = new Set([
  'NOT_OURS',
  'NO_BLOB_SOURCE',
  'NO_BLOB_KNOWN',
  'NOT_SUPERVISED',
]);

/** A remedy that neither refuses nor cuts off anything that works. */
export const nothingTouched = (): number => 0;
/** A remedy that may touch everything, or of which nobody can say how much it touches. */
export const everythingTouched = (): number => 1;

/** Whether a remedy was not used, which says nothing about whether it helps. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof CodedError && REFUSALS.has(thrown.code);
}

/** Something that can be done about trouble. Its sentences are what a guardian reads before answering. */
export interface Remedy {
  readonly name: RemedyName;
  readonly expectedEffect: string;
  readonly blastRadius: string;
  /**
   * Share of what is asked of the server now that it would refuse, cut off or let fail, 0 to 1; what is only late or was
   * broken already does not count.
   */
  blastShare(): number;
  readonly undo: string;
  /** Whether it ends this process: what came of it must be written down before. */
  readonly endsServer?: true;
  /** Does it. @returns what was done, in a sentence; throws or rejects with why it could not be */
  act(why: string, cause: Cause | 'unknown' | 'manual'): Promise<string>;
}
