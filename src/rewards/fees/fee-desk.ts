import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { AnswerFees, NO_FEES, type FeeCollector, type ReservedFees } from '../../inference/index.js';
import { LogAppender } from '../../log/index.js';
import { personAccount } from '../epochs/accounts.js';
import type { BatchRequest, BatchResults } from '../ledger/compute-batch.js';
import { Ledger } from '../ledger/ledger.js';
import type { TransferDraft, TransferRefusal, TransferResult } from '../ledger/transfer.js';
import { formatBly } from '../policy/fixed-point.js';
import { BLY } from '../policy/issuance.js';
import { PolicyInForce } from '../policy/policy-in-force.js';
import { FeeReleases } from './fee-releases.js';
import { FEES, feeTaken, reservations, SHELL } from './fee-transfers.js';

/** How long a fee is tried to be taken while the ledger is busy, ms: with the longest answer, an hour, far less than it is reserved for. */
const TAKE_MS = 60_000;
/** The longest wait between two tries, ms. */
const LONGEST_WAIT_MS = 250;
/** Refusals that say nothing about the fee: a moment later it may be taken. */
const BUSY = new Set(['LEDGER_BUSY', 'BLOCK_PREV']);

/** Collects what answers cost: reserved before an answer is computed, taken in the transaction that stores and logs its receipt. */
@Injectable()
export class FeeDesk implements FeeCollector, OnModuleInit {
  constructor(
    private readonly policy: PolicyInForce,
    private readonly ledger: Ledger,
    private readonly log: LogAppender,
    private readonly answers: AnswerFees,
    private readonly releases: FeeReleases,
  ) {}

  onModuleInit(): void {
    this.answers.collectBy(this);
  }

  /** `FEE_EXCEEDS_BALANCE` (402) where the account cannot pay for all of them; and what the ledger refuses a whole call with. */
  async reserve(owner: string, answers: number): Promise<Result<ReservedFees>> {
    const { fee, feeBy } = this.policy.current.usage;
    if (feeBy !== 'server' || fee === 0n || answers === 0 || owner === SHELL) return ok(NO_FEES);
    const account = personAccount(owner);
    const drafts = reservations(account, fee, answers);
    const done = await this.ledger.submit({ accounts: [{ id: FEES, asset: BLY }], transfers: drafts });
    if (!done.ok) return done;
    const code = refusalIn(done.value.transfers);
    if (code === null) return ok(this.reserved(drafts, fee));
    if (code === 'EXCEEDS_BALANCE' || code === 'DEBIT_ACCOUNT_NOT_FOUND')
      return err(tooLittle(account, fee, answers));
    throw new Error(`the ledger does not reserve a fee of ${account}: ${code}`);
  }

  private reserved(drafts: readonly TransferDraft[], units: bigint): ReservedFees {
    const open = new Set(drafts.map(({ id }) => id));
    const take = async (id: string, receipt: string, write: (manager: EntityManager) => Promise<void>) => {
      if (await this.take(id, receipt, write)) open.delete(id);
    };
    return {
      each: drafts.map(({ id }) => ({ units, take: (receipt, write) => take(id, receipt, write) })),
      release: () => this.releases.free([...open]),
    };
  }

  /** @returns false where the fee of that receipt was taken before: then there is nothing to write either */
  private async take(
    pendingId: string,
    receipt: string,
    write: (manager: EntityManager) => Promise<void>,
  ): Promise<boolean> {
    const done = await this.submit({
      ...{ accounts: [], transfers: [feeTaken(receipt, pendingId)] },
      beside: async (manager, { transfers: [result] }) => {
        if (result.ok && result.created) await write(manager);
      },
    });
    const [result] = unwrap(done).transfers;
    if (!result.ok && result.code === 'EXISTS_WITH_DIFFERENT_PENDING_ID') return false;
    if (!result.ok) throw new Error(`the fee of ${receipt} was not taken: ${result.code}`);
    this.log.committed();
    return true;
  }

  /** An answer that was made is not lost because many others are: it waits for its turn. */
  private async submit(request: BatchRequest): Promise<Result<BatchResults>> {
    for (const end = performance.now() + TAKE_MS; ;) {
      const done = await this.ledger.submit(request);
      if (done.ok || !BUSY.has(done.error.code) || performance.now() > end) return done;
      await delay(randomInt(LONGEST_WAIT_MS));
    }
  }
}

/** Why the first draft of a chain that failed was refused; null where all were made. */
function refusalIn(results: readonly TransferResult[]): TransferRefusal | null {
  const codes = results.flatMap((result) => (result.ok ? [] : [result.code]));
  return codes.find((code) => code !== 'LINKED_TRANSFER_FAILED') ?? codes.at(0) ?? null;
}

function tooLittle(account: string, fee: bigint, answers: number): CodedError {
  const needed = fee * BigInt(answers);
  const detail = `An answer costs ${formatBly(fee)} BLY here; ${account} cannot spend the ${formatBly(needed)} BLY of this request.`;
  return new CodedError('FEE_EXCEEDS_BALANCE', detail, { account, needed: String(needed) }, 402);
}
