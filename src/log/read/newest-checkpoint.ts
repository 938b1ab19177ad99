import type { LogFiles } from '../files/log-files.js';
import { claimedCheckpoint, claimOf, type ClaimedCheckpoint } from '../sequencer/log-publisher.js';

type Claimed = ClaimedCheckpoint | null;

/** How long the checkpoint of another process may go unnoticed. What this process publishes counts at once. */
const FRESH_MS = 20;
/** The same where this process writes checkpoints: another one can only follow it when its connection is lost. */
const OWN_FRESH_MS = 250;

/** The newest checkpoint, read from its file at most fifty times a second however often it is asked for. */
export class NewestCheckpoint {
  private kept: {
    readonly value: Promise<Claimed>;
    readonly written: number;
    readonly until: number;
  } | null = null;

  constructor(
    private readonly files: LogFiles,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The size and root the file claims, with its note; null before the first checkpoint. */
  read(): Promise<Claimed> {
    const written = this.files.checkpointsWritten;
    const now = this.now();
    if (this.kept !== null && this.kept.written === written && now < this.kept.until) return this.kept.value;
    // what this process has just published needs no reading
    const own = this.files.checkpointWritten;
    const freshMs = own === null ? FRESH_MS : OWN_FRESH_MS;
    const value =
      own !== null && now - own.at < freshMs
        ? Promise.resolve(claimOf(own.note))
        : claimedCheckpoint(this.files);
    const kept = { value, written, until: now + freshMs };
    this.kept = kept;
    value.catch(() => {
      if (this.kept === kept) this.kept = null;
    });
    return value;
  }
}
