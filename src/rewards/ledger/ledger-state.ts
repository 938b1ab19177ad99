import type { Account, Balances } from './account.js';
import type { Pending, PendingState, Transfer } from './transfer.js';

/** An account while a batch is worked on. */
type Working = { -readonly [K in keyof Account]: Account[K] };

/**
 * The part of the ledger that a batch touches, in memory: its accounts, the transfers that have an id of the batch, the
 * pending transfers it settles. A chain of linked transfers that fails is taken back.
 */
export class LedgerState {
  private readonly accounts: Map<string, Working>;
  private readonly before: Map<string, Account>;
  private readonly transfers: Map<string, Transfer>;
  private readonly pendings: Map<string, Pending>;
  private undo: (() => void)[] = [];
  private readonly made: Transfer[] = [];
  private readonly settled = new Map<string, Exclude<PendingState, 'pending'>>();

  constructor(
    accounts: Iterable<Account>,
    transfers: Iterable<Transfer> = [],
    pendings: Iterable<Pending> = [],
  ) {
    const list = [...accounts];
    this.before = new Map(list.map((account) => [account.id, account]));
    this.accounts = new Map(list.map((account) => [account.id, { ...account }]));
    this.transfers = new Map(Array.from(transfers, (transfer) => [transfer.id, transfer]));
    this.pendings = new Map(Array.from(pendings, (pending) => [pending.transfer.id, pending]));
  }

  /** Adds an account that is opened now. */
  open(account: Account): void {
    this.before.set(account.id, account);
    this.accounts.set(account.id, { ...account });
  }

  /** The account as it is now. */
  account(id: string): Account | undefined {
    return this.accounts.get(id);
  }

  /** The transfer of that id. */
  transfer(id: string): Transfer | undefined {
    return this.transfers.get(id);
  }

  /** The pending transfer of that id; undefined for transfers of other kinds. */
  pending(id: string): Pending | undefined {
    return this.pendings.get(id);
  }

  /** Marks the point that `takeBack` goes back to. */
  begin(): void {
    this.undo = [];
  }

  /** Undoes everything since `begin`. */
  takeBack(): void {
    for (const step of this.undo.reverse()) step();
    this.undo = [];
  }

  /** Adds to a balance; negative amounts take away. Bounds are the caller's to check. */
  add(id: string, balance: keyof Balances, amount: bigint): void {
    const account = this.accounts.get(id)!;
    account[balance] += amount;
    this.undo.push(() => (account[balance] -= amount));
  }

  /** Notes a transfer as made. @param expiresAt of a pending one */
  make(transfer: Transfer, expiresAt: number | null): void {
    this.transfers.set(transfer.id, transfer);
    this.made.push(transfer);
    if (transfer.kind === 'pending')
      this.pendings.set(transfer.id, { transfer, state: 'pending', expiresAt });
    this.undo.push(() => {
      this.transfers.delete(transfer.id);
      this.pendings.delete(transfer.id);
      this.made.pop();
    });
  }

  /** Notes what became of a pending transfer, which must be pending. */
  settle(pending: Pending, state: Exclude<PendingState, 'pending'>): void {
    const { id } = pending.transfer;
    this.pendings.set(id, { ...pending, state });
    this.settled.set(id, state);
    this.undo.push(() => {
      this.pendings.set(id, pending);
      this.settled.delete(id);
    });
  }

  /** What the batch did: to be written as it is. */
  get changes(): LedgerChanges {
    const moved: { id: string; by: Balances }[] = [];
    for (const [id, account] of this.accounts) {
      const by = balanceDifference(account, this.before.get(id)!);
      if (by !== null) moved.push({ id, by });
    }
    return {
      made: this.made,
      settled: this.settled,
      moved,
      expiries: new Map(
        this.made
          .filter(({ kind }) => kind === 'pending')
          .map(({ id }) => [id, this.pendings.get(id)!.expiresAt]),
      ),
    };
  }
}

/** What a batch did. */
export interface LedgerChanges {
  /** In the order in which they were made. */
  readonly made: readonly Transfer[];
  /** Pending transfers that are settled now. */
  readonly settled: ReadonlyMap<string, Exclude<PendingState, 'pending'>>;
  /** By how much the balances of accounts changed. */
  readonly moved: readonly { readonly id: string; readonly by: Balances }[];
  /** When the pending ones among `made` expire: ms since the epoch, or null. */
  readonly expiries: ReadonlyMap<string, number | null>;
}

function balanceDifference(now: Balances, before: Balances): Balances | null {
  const by = {
    debitsPending: now.debitsPending - before.debitsPending,
    debitsPosted: now.debitsPosted - before.debitsPosted,
    creditsPending: now.creditsPending - before.creditsPending,
    creditsPosted: now.creditsPosted - before.creditsPosted,
  };
  return Object.values(by).some((amount) => amount !== 0n) ? by : null;
}
