/** A vote on a dataset; times in ms since the epoch. */
export interface VoteState {
  /** From 1; a set that is voted on again has a higher one. */
  readonly round: number;
  readonly opened_at: number;
  readonly ends_at: number;
  /** Votes it needs to count: fixed when it opens, so that accounts made meanwhile do not move it. */
  readonly quorum: number;
  readonly extended: boolean;
  /** Null while it is open, but for an extension, which tells what there was. */
  readonly tally: Tally | null;
}

/** Votes for and against. */
export interface Tally {
  readonly yes: number;
  readonly no: number;
}
