/** How long a batch with parts of prompts should take at most, and how many rows it may have before anything was measured. */
export interface BatchAim {
  readonly milliseconds: number;
  readonly firstRows: number;
}
/** Streams wait for the batch: half of what a reader notices. */
export const BESIDE_STREAMS: BatchAim = { milliseconds: 100, firstRows: 16 };
/** Nobody waits for a token; but who comes in the middle of a batch waits for its end. */
export const ALONE: BatchAim = { milliseconds: 150, firstRows: Infinity };
/** Rows for prompts that every batch may have, however slow the machine is: prompts must get on, too. */
const LEAST_PROMPT_ROWS = 4;
/** A batch below this part of the target may grow; one that took longer than the target makes the next ones smaller. */
const ROOM = 0.8;
/** At most by this part: a moment's noise must not slow prompts for long. */
const LARGEST_CUT = 0.5;
const GROWTH = 0.25;

/**
 * Decides how many rows a batch with parts of prompts may have, from how long the last ones took: as many as fit into the target, as
 * matrices are read once for all rows. What prompts cost per row differs by model, by machine, by what else it
 * does, and along the prompt. No bit depends on it.
 */
export class RowBudget {
  private rows: number;

  /** @param most rows of a batch at most */
  constructor(
    private readonly most: number,
    private readonly aim: BatchAim,
  ) {
    this.rows = Math.min(aim.firstRows, most);
  }

  /** Rows of the next batch, of which `decoding` are streams'. */
  next(decoding: number): number {
    const least = decoding + LEAST_PROMPT_ROWS;
    return Math.max(decoding + 1, Math.min(this.most, Math.max(this.rows, least)));
  }

  /**
   * Hears how long a batch with parts of prompts took.
   * @param sharing models that take turns: all of them fit into the target together
   */
  measured(milliseconds: number, rows: number, sharing = 1): void {
    const target = this.aim.milliseconds / sharing;
    if (milliseconds > target) {
      this.rows = Math.max(1, Math.floor(rows * Math.max(LARGEST_CUT, target / milliseconds)));
    } else if (rows >= this.rows && milliseconds < target * ROOM) {
      this.rows = Math.min(this.most, Math.ceil(this.rows * (1 + GROWTH)));
    }
  }
}
