import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender, type LogEntryInput } from '../../log/index.js';
import type { BatchResults } from '../ledger/compute-batch.js';
import { Ledger } from '../ledger/ledger.js';
import { parseRewardsPolicy } from '../policy/rewards-policy.js';
import { sumOf } from './compute-epoch.js';
import type { ComputedEpoch, EpochPlace } from './epoch-record.js';
import { EpochStore } from './epoch-store.js';
import { epochBatch } from './epoch-transfers.js';
import { EPOCH_ENTRY, epochSubject } from './leaf-kinds.js';

/** Who writes the log entries of epochs. */
const ACTOR = 'rewards';

/** Carries out an epoch that was worked out: its row, its transfers and its log entry are one transaction. */
@Injectable()
export class EpochSettlement {
  constructor(
    private readonly ledger: Ledger,
    private readonly store: EpochStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
  ) {}

  /**
   * Pays an epoch, once: a second attempt, of this server or another one, changes nothing. `EPOCH_REFUSED` where the ledger does not
   * make its transfers, and what the ledger refuses a whole batch with. @returns whether this attempt is the one that paid it
   */
  async settle(place: EpochPlace, epoch: ComputedEpoch): Promise<Result<boolean>> {
    const batch = epochBatch(place.epoch, epoch.payouts, unwrap(parseRewardsPolicy(place.policy)));
    if (batch === null) {
      await this.transactions.run((manager) => this.keep(manager, place, epoch));
      this.log.committed();
      return ok(true);
    }
    const beside = async (manager: EntityManager, { accounts, transfers }: BatchResults) => {
      const isWhole = [...accounts, ...transfers].every(({ ok: made }) => made);
      // The last transfer is one of the epoch: was it made now, then so were the others it is linked with.
      const last = transfers[transfers.length - 1];
      if (isWhole && last.ok && last.created) await this.keep(manager, place, epoch);
    };
    const done = await this.ledger.submit({ ...batch, beside });
    if (!done.ok) return done;
    const refused = [...done.value.accounts, ...done.value.transfers].find(({ ok: made }) => !made);
    if (refused !== undefined) return err(refusal(place.epoch, refused));
    const last = done.value.transfers.at(-1);
    return ok(last?.ok === true && last.created);
  }

  private async keep(manager: EntityManager, place: EpochPlace, epoch: ComputedEpoch): Promise<void> {
    await this.store.insert(manager, place, epoch);
    await this.log.append(manager, [entryOf(place, epoch)]);
  }
}

function entryOf({ epoch, range }: EpochPlace, { hash, payouts }: ComputedEpoch): LogEntryInput {
  const totals = { earned: String(sumOf(payouts.earned)), paid: String(sumOf(payouts.paid)) };
  return {
    ...{ kind: EPOCH_ENTRY, subject: epochSubject(epoch), actor: ACTOR, hash },
    data: { first: range.first, end: range.end, ...totals },
  };
}

function refusal(epoch: number, refused: BatchResults['accounts' | 'transfers'][number]): CodedError {
  const code = refused.ok ? '' : refused.code;
  const message = `the ledger refuses epoch ${epoch}: ${code}`;
  return new CodedError('EPOCH_REFUSED', message, { epoch, reason: code }, 409);
}
