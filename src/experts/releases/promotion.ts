import { Injectable } from '@nestjs/common';
import { CodedError, err, EventBus, ok, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { liveRelease, releaseByVersion, setLiveRelease, type ReleaseRow } from './release-table.js';

/** Kind of the log entry of a promotion; the latest one of a model says which of its releases is live. */
export const RELEASE_PROMOTED = 'release.promoted';

/** What became of a promotion. */
export interface PromotionOutcome {
  readonly release: ReleaseRow;
  /** The release that was live before; null for the first. */
  readonly previous: string | null;
  /** False when that release was live already. */
  readonly moved: boolean;
}

/** When a promotion is left alone. */
export interface PromotionTerms {
  /** Leaves a model alone that has a live release. */
  readonly onlyFirst?: boolean;
  /** The release that must be live, or the one in question itself: else `RELEASE_BASE_MOVED` (409). */
  readonly base?: string;
  /** Called right before the pointer moves; where it throws, nothing has changed. */
  readonly begin?: () => void;
}

/** Moves the pointer that says which release of a model serves; blocks never move. */
@Injectable()
export class Promotion {
  constructor(
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly events: EventBus,
  ) {}

  /**
   * Makes a release live, together with its log entry.
   * @param actor the account or key that decided it  @returns `RELEASE_UNKNOWN` (404) for a version that does not exist
   */
  async promote(
    model: string,
    version: string,
    actor: string,
    { onlyFirst = false, base, begin }: PromotionTerms = {},
  ): Promise<Result<PromotionOutcome>> {
    const outcome = await this.transactions.run(async (manager): Promise<Result<PromotionOutcome>> => {
      const previous = await liveRelease(manager, model, true);
      const release = await releaseByVersion(manager, model, version);
      if (release === null) return err(unknownRelease(model, version));
      if (previous === release.hash || (onlyFirst && previous !== null))
        return ok({ release, previous, moved: false });
      if (base !== undefined && base !== previous) return err(movedBase(model, version));
      begin?.();
      await setLiveRelease(manager, model, release.hash);
      const data = { version, previous };
      await this.log.append(manager, [
        { kind: RELEASE_PROMOTED, subject: model, actor, hash: release.hash, data },
      ]);
      return ok({ release, previous, moved: true });
    });
    if (outcome.ok && outcome.value.moved) {
      this.log.committed();
      this.events.emit('release.live', { model, version, release: outcome.value.release.hash });
    }
    return outcome;
  }
}

/** A release that was made of another one than is live: what went live meanwhile would be lost. `RELEASE_BASE_MOVED` (409). */
export function movedBase(model: string, version: string): CodedError {
  return new CodedError(
    'RELEASE_BASE_MOVED',
    `another release went live since ${model}@${version} was asked for, and would be lost`,
    { model, version },
    409,
  );
}

function unknownRelease(model: string, version: string): CodedError {
  return new CodedError(
    'RELEASE_UNKNOWN',
    `there is no release ${model}@${version}`,
    { model, version },
    404,
  );
}
