import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, hashJson, ok, type Result } from '../../common/index.js';
import { LogAppender } from '../../log/index.js';
import type { BatchResults } from '../ledger/compute-batch.js';
import { LedgerReader, type StatementLine } from '../ledger/ledger-reader.js';
import { Ledger } from '../ledger/ledger.js';
import { correctedSubject } from '../ledger/transfer.js';
import {
  correctionOf,
  correctionProblem,
  CORRECTION_ENTRY,
  type Correction,
  type CorrectionWish,
} from './correction.js';

/** Who wants a correction, and for what. */
export interface CorrectionCause {
  /** What it is made for, such as a task: asked for again, it is the same correction. Letters, digits and `_`. */
  readonly by: string;
  readonly actor: string;
  readonly reason: string;
}

/** Corrections of the same transfer at the same moment that one gives way to. */
const MOST_TRIES = 8;

/** Puts mistakes right: what was paid goes back by another transfer, at most as much as was paid. Nothing is ever changed or removed. */
@Injectable()
export class Corrections {
  constructor(
    private readonly ledger: Ledger,
    private readonly reader: LedgerReader,
    private readonly log: LogAppender,
  ) {}

  /**
   * What would be done; nothing is. `TRANSFER_NOT_FOUND` (404), `COMPENSATION_NO_PAYMENT`, `COMPENSATION_TOO_MUCH`,
   * `COMPENSATION_BALANCE` (409).
   */
  async check(wish: CorrectionWish): Promise<Result<StatementLine>> {
    const line = await this.reader.transfer(wish.transfer);
    return line === null ? err(unknownTransfer(wish.transfer)) : this.judge(line, wish);
  }

  private async judge(line: StatementLine, wish: CorrectionWish): Promise<Result<StatementLine>> {
    const problem = correctionProblem(line, wish);
    if (problem !== null) return err(problem);
    const spendable = await this.reader.spendable(line.credit);
    return spendable < wish.amount ? err(tooLittle(line.credit)) : ok(line);
  }

  /** Gives it back, once for each cause. Refusals as `check`, `COMPENSATION_REFUSED` (409), and what the ledger refuses a whole call with. */
  async correct(wish: CorrectionWish, cause: CorrectionCause): Promise<Result<Correction>> {
    for (let i = 0; i < MOST_TRIES; i++) {
      // In this order: what is made for the same cause after the line was read takes the id that follows from the line.
      const read = await this.reader.transfer(wish.transfer);
      if (read === null) return err(unknownTransfer(wish.transfer));
      const earlier = await this.reader.referringTo(`${correctedSubject(wish.transfer)}/${cause.by}`);
      if (earlier !== null) return ok(toCorrection(wish, earlier));
      const line = await this.judge(read, wish);
      if (!line.ok) return line;
      const draft = correctionOf(line.value, wish.amount, cause.by);
      const made = await this.ledger.submit({
        accounts: [],
        transfers: [draft],
        beside: (manager, results) => this.tell(manager, results, toCorrection(wish, draft), cause),
      });
      if (!made.ok) return made;
      const [result] = made.value.transfers;
      if (result.ok) {
        this.log.committed();
        return ok(toCorrection(wish, draft));
      }
      // Another correction of the same transfer was made meanwhile: this one is worked out again.
      if (!result.code.startsWith('EXISTS_')) return err(refused(line.value, result.code));
    }
    return err(new CodedError('LEDGER_BUSY', 'Too many corrections of one transfer at once.', {}, 503));
  }

  private async tell(
    manager: EntityManager,
    { transfers: [result] }: BatchResults,
    { id: correction, transfer, debit, credit, amount }: Correction,
    { by, actor, reason }: CorrectionCause,
  ): Promise<void> {
    if (!result.ok || !result.created) return;
    const data = { transfer, correction, debit, credit, amount: String(amount), reason, by };
    const entry = { kind: CORRECTION_ENTRY, subject: correctedSubject(transfer), actor };
    await this.log.append(manager, [{ ...entry, hash: hashJson(data), data }]);
  }
}

function toCorrection(
  { transfer }: CorrectionWish,
  { id, debit, credit, amount }: Omit<Correction, 'transfer'>,
): Correction {
  return { id, transfer, debit, credit, amount };
}

/** The refusal of a transfer that the ledger does not have. */
export function unknownTransfer(transfer: string): CodedError {
  return new CodedError('TRANSFER_NOT_FOUND', `The ledger has no transfer ${transfer}.`, { transfer }, 404);
}

function tooLittle(account: string): CodedError {
  const detail = `${account} has not so much any more: correct a part of it, or wait until it was paid again.`;
  return new CodedError('COMPENSATION_BALANCE', detail, { account }, 409);
}

function refused({ id, credit }: StatementLine, code: string): CodedError {
  if (code === 'EXCEEDS_BALANCE') return tooLittle(credit);
  const detail = `The ledger does not correct ${id}: ${code}.`;
  return new CodedError('COMPENSATION_REFUSED', detail, { transfer: id, reason: code }, 409);
}
