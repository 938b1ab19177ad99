import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { EventBus } from '../../common/index.js';
import { PromotionDoor } from '../../experts/index.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { AcceptedRival } from '../submission/rival-query.js';
import { SubmissionStore } from '../submission/submission-store.js';

/** Accepted submissions of an expert that another submission is of, too, or new in a layer where it adds one. */
export interface Rivals {
  /** All of them, judged last first. */
  readonly accepted: readonly AcceptedRival[];
  /** One that nobody has decided about yet; null where there is none. */
  readonly undecided: string | null;
}

/** How long one submission waits for the decision about another at most, ms. */
export const MOST_WAIT_MS = 7 * 24 * 3_600_000;

/** How long after a start or a resume nothing is ended for having waited, ms. */
export const SETTLING_MS = 3_600_000;

/** Ends of a question after which it is asked again. */
const ASKED_AGAIN: readonly string[] = ['outdated', 'superseded'];

/**
 * Knows what a candidate competes with. Candidates are compared with the live release, so as long as an accepted one is not live, every
 * other training of the same expert from the same weights would show the same gain again.
 */
@Injectable()
export class RivalSource implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private workedSince = performance.now();
  private unwatch = (): unknown => undefined;

  constructor(
    private readonly store: SubmissionStore,
    private readonly door: PromotionDoor,
    private readonly events: EventBus,
  ) {}

  /** The rivals of a submission as they are now. */
  async of(row: SubmissionRow): Promise<Rivals> {
    const accepted = await this.store.rivalsOf(row);
    return { accepted, undecided: await this.firstUndecided(accepted) };
  }

  onApplicationBootstrap(): void {
    this.unwatch = this.events.on('autonomy.changed', ({ stopped }) => {
      if (!stopped) this.workedSince = performance.now();
    });
  }

  beforeApplicationShutdown(): void {
    this.unwatch();
  }

  /**
   * Whether a submission has waited for longer than any does, by the database's clock. What has become of the other one while the server
   * was down or stopped has to be found out first: so not soon after a start or a resume.
   */
  async isOverdue({ waitingSince }: Pick<SubmissionRow, 'waitingSince'>): Promise<boolean> {
    if (waitingSince === null || performance.now() - this.workedSince < SETTLING_MS) return false;
    return (await this.store.now()) - waitingSince.getTime() > MOST_WAIT_MS;
  }

  private async firstUndecided(rivals: readonly AcceptedRival[]): Promise<string | null> {
    for (const rival of rivals) if (await this.isUndecided(rival)) return rival.id;
    return null;
  }

  private async isUndecided({ state, model, release, decision, code }: AcceptedRival): Promise<boolean> {
    // What may not even be asked for, or what nobody is asked about, is decided: it waits for a person to order it, perhaps for ever.
    if (state !== 'accepted' || code !== null || decision === 'none') return false;
    if (release === null || decision === null) return true;
    const standing = await this.door.standing({ model, release, decision });
    return !standing.over || ASKED_AGAIN.includes(standing.state);
  }
}
