import { Injectable } from '@nestjs/common';
import { mayAct, type Identity } from '../../auth/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatasetLineages, type DatasetLineage } from '../lineage/dataset-lineage.js';
import type { DatasetRecord } from '../registry/dataset-record.js';
import type { DatasetRow } from '../registry/dataset-rows.js';
import { DatasetRegistry, type StageChange } from '../registry/dataset-registry.js';
import { isApproved } from '../registry/stages.js';
import { SERVER_ACTOR } from '../vote/dataset-votes.js';
import { VoteOpening } from '../vote/opening.js';

/** What people decide of a dataset one by one: appeal and its answer, quarantine and its end, withdrawal. */
@Injectable()
export class DatasetDecisions {
  constructor(
    private readonly config: AppConfig,
    private readonly registry: DatasetRegistry,
    private readonly opening: VoteOpening,
    private readonly lineages: DatasetLineages,
  ) {}

  /**
   * Objects to a rejection, once, in time, by whoever uploaded the set. `DATASET_NOT_YOURS` (403), `APPEAL_LATE`, `APPEAL_USED`,
   * `STATE_CONFLICT` (409).
   */
  appeal(who: Identity, id: string, reason: string): Promise<Result<DatasetRecord>> {
    return this.registry.move(id, ({ record }, now) => {
      const { creator, stage, appeal, appeal_until, reasons } = record;
      if (creator !== who.subject) return err(notYours(id));
      if (stage === 'rejected' && appeal !== null) return refuse('USED', 'There was an appeal already.');
      if (stage === 'rejected' && (appeal_until === null || now >= appeal_until))
        return refuse('LATE', 'The time to appeal is over.');
      const { subject } = who;
      return ok({ stage: 'appealed', actor: subject, reasons, appeal: { by: subject, reason, at: now } });
    });
  }

  /** Answers an appeal: granted, the set is voted on; denied, it stays rejected. `APPEAL_OWN` (403): never one's own. */
  answerAppeal(
    who: Identity,
    id: string,
    { granted, reason }: { readonly granted: boolean; readonly reason: string },
  ): Promise<Result<DatasetRecord>> {
    return this.registry.move(id, async ({ record }, now): Promise<Result<StageChange>> => {
      if (record.creator === who.subject && !this.config.singleUser)
        return refuse('OWN', 'Another guardian has to answer this appeal.', 403);
      if (record.stage !== 'appealed') return refuse('NONE', 'There is no appeal to answer.');
      const [actor, note] = [who.subject, reason];
      return granted
        ? ok({ stage: 'vote', actor, note, vote: await this.opening.next(record, now) })
        : ok({ stage: 'rejected', actor, note, reasons: record.reasons });
    });
  }

  /** Ends an appeal that nobody answered in time: the set stays rejected, `APPEAL_UNANSWERED` beside its reasons. */
  lapse(id: string): Promise<Result<DatasetRecord>> {
    return this.registry.move(id, ({ record }): Result<StageChange> =>
      record.stage === 'appealed'
        ? ok({
            ...{ stage: 'rejected', actor: SERVER_ACTOR },
            reasons: [...record.reasons, 'APPEAL_UNANSWERED'],
          })
        : refuse('NONE', 'There is no appeal to answer.'),
    );
  }

  /** Takes a set out of use. */
  quarantine(who: Identity, id: string, reason: string): Promise<Result<DatasetRecord>> {
    return this.registry.move(id, ({ record: { stage } }) =>
      ok({
        ...{ stage: 'quarantined', actor: who.subject, note: reason, reasons: ['GUARDIAN'] },
        tier: isApproved(stage) ? stage : null,
      }),
    );
  }

  /** Ends a quarantine: the set has its tier again, or is voted on anew if it had none. */
  release(who: Identity, id: string, reason: string): Promise<Result<DatasetRecord>> {
    return this.registry.move(id, async ({ record }, now): Promise<Result<StageChange>> => {
      if (record.stage !== 'quarantined') return err(notQuarantined(id));
      const decided = { actor: who.subject, note: reason, tier: null };
      return record.tier === null
        ? ok({ ...decided, stage: 'vote', vote: await this.opening.next(record, now) })
        : ok({ ...decided, stage: record.tier });
    });
  }

  /** Takes a set back for good, by its uploader or a guardian; tells what was trained on it. `DATASET_NOT_YOURS` (403). */
  async withdraw(
    who: Identity,
    id: string,
    reason: string,
  ): Promise<Result<{ readonly record: DatasetRecord; readonly lineage: DatasetLineage }>> {
    const withdrawn = await this.registry.move(id, ({ record }: DatasetRow) =>
      record.creator === who.subject || mayAct(who, ['guardian'])
        ? ok({ stage: 'withdrawn', actor: who.subject, note: reason, vote: record.vote })
        : err(notYours(id)),
    );
    if (!withdrawn.ok) return withdrawn;
    return ok({ record: withdrawn.value, lineage: await this.lineages.of(id) });
  }
}

function refuse(part: string, message: string, status = 409): Result<never> {
  return err(new CodedError(`APPEAL_${part}`, message, {}, status));
}

function notYours(id: string): CodedError {
  return new CodedError('DATASET_NOT_YOURS', `${id} was uploaded by another account.`, {}, 403);
}

function notQuarantined(id: string): CodedError {
  return new CodedError('STATE_CONFLICT', `${id} is not in quarantine.`, {}, 409);
}
