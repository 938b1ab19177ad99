import { isSound } from './apply-transfer.js';
import { openedAccount, type Account, type Balances } from './account.js';
import type { TransfersPayload } from './batch-payload.js';
import type { PendingState, Transfer } from './transfer.js';

interface OpenPending {
  readonly transfer: Transfer;
  state: PendingState;
  readonly expiresAt: number;
}

/**
 * Adds up the ledger from the blocks of chain C alone, one after another, without looking at any table. What a block tells
 * that no ledger would have done is a problem: an overdraft, an unknown account, something settled twice or too early.
 */
export class Recomputation {
  readonly accounts = new Map<string, { -readonly [K in keyof Account]: Account[K] }>();
  readonly pendings = new Map<string, OpenPending>();
  /** Number of the next transfer. */
  sequence = 1;

  /** Takes the next block. @param time its time, ms since the epoch  @returns what is wrong with it, or null */
  take({ sequence, accounts, expired, transfers }: TransfersPayload, time: number): string | null {
    if (sequence !== this.sequence) return `begins with transfer ${sequence}, where ${this.sequence} is due`;
    this.sequence += transfers.length;
    for (const id of expired) {
      const problem = this.expire(id, time);
      if (problem !== null) return problem;
    }
    for (const account of accounts) {
      if (this.accounts.has(account.id)) return `opens account ${account.id} a second time`;
      this.accounts.set(account.id, { ...openedAccount(account) });
    }
    for (const transfer of transfers) {
      const problem = this.transfer(transfer, time);
      if (problem !== null) return `tells of transfer ${transfer.id}, which ${problem}`;
    }
    return null;
  }

  private expire(id: string, time: number): string | null {
    const pending = this.pendings.get(id);
    if (pending?.state !== 'pending') return `lets transfer ${id} expire, which is not pending`;
    if (pending.expiresAt > time) return `lets transfer ${id} expire too early`;
    this.move(pending.transfer, 'Pending', -pending.transfer.amount);
    pending.state = 'expired';
    return null;
  }

  private transfer(transfer: Transfer, time: number): string | null {
    const [debit, credit] = [this.accounts.get(transfer.debit), this.accounts.get(transfer.credit)];
    if (debit === undefined || credit === undefined) return 'names an unknown account';
    if (debit === credit || debit.asset !== credit.asset)
      return 'is between accounts that cannot pay each other';
    const problem = transfer.pendingId === null ? this.make(transfer, time) : this.settle(transfer);
    if (problem !== null) return problem;
    return isSound(debit) && isSound(credit) ? null : 'leaves an account overdrawn';
  }

  private make(transfer: Transfer, time: number): null {
    const { kind, amount, timeout } = transfer;
    this.move(transfer, kind === 'pending' ? 'Pending' : 'Posted', amount);
    const expiresAt = timeout > 0 ? time + timeout * 1000 : Infinity;
    if (kind === 'pending') this.pendings.set(transfer.id, { transfer, state: 'pending', expiresAt });
    return null;
  }

  private settle(transfer: Transfer): string | null {
    const pending = this.pendings.get(transfer.pendingId!);
    if (pending?.state !== 'pending') return 'settles what is not pending';
    const { debit, credit, amount } = pending.transfer;
    if (transfer.debit !== debit || transfer.credit !== credit || transfer.amount > amount)
      return 'does not fit the transfer it settles';
    this.move(pending.transfer, 'Pending', -amount);
    if (transfer.kind === 'post') this.move(transfer, 'Posted', transfer.amount);
    pending.state = transfer.kind === 'post' ? 'posted' : 'voided';
    return null;
  }

  private move({ debit, credit }: Transfer, column: 'Pending' | 'Posted', amount: bigint): void {
    const [out, into]: (keyof Balances)[] = [`debits${column}`, `credits${column}`];
    this.accounts.get(debit)![out] += amount;
    this.accounts.get(credit)![into] += amount;
  }
}
