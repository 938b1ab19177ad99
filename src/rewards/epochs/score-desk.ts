import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { ReceiptService } from '../../inference/index.js';
import { LogAppender, LogReader, type LogEntryInput, type LogLeaf } from '../../log/index.js';
import { readRecord } from './epoch-record.js';
import { EpochStore } from './epoch-store.js';
import { payerOf, SCORE_ENTRY, SCORE_REVEALED_ENTRY } from './leaf-kinds.js';
import { scoreCommitment, type ScoreOpening } from './score.js';

const RECEIPT_ENTRY = 'receipt';
const WAIT_MS = 3_000;

/** An answer in the log, as whoever asked for it refers to it. */
interface LoggedAnswer {
  readonly leaf: number;
  readonly payer: string;
}

/** Takes scores of answers from those who asked for them: first a commitment, and after the epoch the score itself. */
@Injectable()
export class ScoreDesk {
  constructor(
    private readonly receipts: ReceiptService,
    private readonly log: LogReader,
    private readonly appender: LogAppender,
    private readonly epochs: EpochStore,
  ) {}

  /**
   * Commits to a score. The same commitment again is no error; another one is refused with `SCORE_EXISTS` (409). Further refusals:
   * `RECEIPT_NOT_FOUND`, `RECEIPT_PRIVATE`, `RECEIPT_UNPAID` (its leaf names no payer), `LOG_NOT_READY`.
   * @returns the leaf of the commitment
   */
  async commit(receipt: string, account: string, commitment: string): Promise<Result<number>> {
    const answer = await this.answerOf(receipt, account);
    if (!answer.ok) return answer;
    const { payer } = answer.value;
    return this.publish({ kind: SCORE_ENTRY, subject: receipt, actor: payer, hash: commitment, data: {} });
  }

  /**
   * Reveals a score that was committed to before the epoch now running. Refusals as of `commit`, `SCORE_UNKNOWN` (404) without a
   * commitment, `SCORE_OPENING` (422) where it is another one, `SCORE_TOO_EARLY` (409).
   * @returns the leaf of the score
   */
  async reveal(account: string, opening: ScoreOpening): Promise<Result<number>> {
    const { receipt, salt, score } = opening;
    const answer = await this.answerOf(receipt, account);
    if (!answer.ok) return answer;
    const commit = await this.commitmentOf(receipt, scoreCommitment(opening));
    if (!commit.ok) return commit;
    const { leaf, payer } = answer.value;
    return this.publish({
      ...{ kind: SCORE_REVEALED_ENTRY, subject: receipt, actor: payer, hash: scoreCommitment(opening) },
      data: { answer: leaf, commit: commit.value, salt, score },
    });
  }

  private async answerOf(receipt: string, account: string): Promise<Result<LoggedAnswer>> {
    const owned = await this.receipts.ownedBy(receipt, account);
    if (!owned.ok) return owned;
    const logged = await this.log.leafOf(receipt, RECEIPT_ENTRY);
    if (logged === null) return err(notReady());
    const payer = payerOf(JSON.parse(logged.leaf) as LogLeaf);
    if (payer !== null) return ok({ leaf: logged.index, payer });
    const message = `The log does not say who asked for ${receipt}.`;
    return refused('RECEIPT_UNPAID', message, receipt, 409);
  }

  /** The leaf of the commitment to a score of an answer. */
  private async commitmentOf(receipt: string, commitment: string): Promise<Result<number>> {
    const committed = await this.log.leafOf(receipt, SCORE_ENTRY);
    if (committed === null)
      return refused('SCORE_UNKNOWN', 'No score of this answer was committed to.', receipt, 404);
    if ((JSON.parse(committed.leaf) as LogLeaf).hash !== commitment)
      return refused('SCORE_OPENING', 'This is not the score that was committed to.', receipt, 422);
    const newest = await this.epochs.newest();
    const end = newest === null ? 0 : unwrap(readRecord(newest.record)).range.end;
    if (committed.index < end) return ok(committed.index);
    const message = 'A score can be revealed when the epoch in which it was committed to is over.';
    return refused('SCORE_TOO_EARLY', message, receipt, 409);
  }

  /** There is one entry of a kind about an answer. */
  private async publish(entry: LogEntryInput): Promise<Result<number>> {
    const published = await this.appender.publishOnce(entry, WAIT_MS);
    if (published === null) return err(notReady());
    const { hash } = JSON.parse(new TextDecoder().decode(published.leaf)) as LogLeaf;
    if (hash === entry.hash) return ok(published.index);
    const message = 'Another score of this answer was committed to before.';
    return refused('SCORE_EXISTS', message, entry.subject, 409);
  }
}

function refused(code: string, message: string, receipt: string, status: number): Result<never> {
  return err(new CodedError(code, message, { receipt }, status));
}

function notReady(): CodedError {
  const message = 'The log is behind; try again in a second.';
  return new CodedError('LOG_NOT_READY', message, { retryAfter: 1 }, 503);
}
