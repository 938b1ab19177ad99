import type { Cause, RemedyName } from '../patterns/healing-rules.js';

/** Something that can be done about trouble. Its sentences are what a guardian reads before answering. */
export interface Remedy {
  readonly name: RemedyName;
  readonly expectedEffect: string;
  readonly blastRadius: string;
  readonly undo: string;
  /** Does it. @returns what was done, in a sentence; throws or rejects with why it could not be */
  act(why: string, cause: Cause | 'unknown' | 'manual'): Promise<string>;
}
