import type { Transfer, TransferDraft } from '../../src/rewards/ledger/transfer.js';

/** 2^127 − 1, written out so that the model shares nothing with what it judges. */
export const MODEL_LARGEST = 170141183460469231731687303715884105727n;

interface ModelAccount {
  readonly asset: string;
  readonly limit: bigint;
}

interface ModelPending {
  state: 'pending' | 'posted' | 'voided' | 'expired';
  readonly expires: number;
}

/** Balances of the model: debits pending and posted, credits pending and posted. */
export type ModelBalances = readonly [bigint, bigint, bigint, bigint];

/**
 * The ledger as plainly as it can be said: a list of everything that was ever made, from which every balance is added up
 * anew whenever it is asked for. Slow, and the same rules as the real one.
 */
export class LedgerModel {
  private accounts = new Map<string, ModelAccount>();
  private made: Transfer[] = [];
  private pendings = new Map<string, ModelPending>();

  /** Opens an account if its name is free. */
  open(id: string, asset: string, limit: bigint): void {
    if (!this.accounts.has(id)) this.accounts.set(id, { asset, limit });
  }

  /** Everything that was made, in order. */
  get transfers(): readonly Transfer[] {
    return this.made;
  }

  /** What became of the pending transfers. */
  get pendingStates(): ReadonlyMap<string, string> {
    return new Map(Array.from(this.pendings, ([id, { state }]) => [id, state]));
  }

  /** Adds up an account. */
  balances(id: string): ModelBalances {
    const sums = [0n, 0n, 0n, 0n];
    for (const transfer of this.made) {
      const side = transfer.debit === id ? 0 : transfer.credit === id ? 2 : -1;
      if (side < 0) continue;
      if (transfer.kind === 'single' || transfer.kind === 'post') sums[side + 1] += transfer.amount;
      if (transfer.kind === 'pending' && this.pendings.get(transfer.id)!.state === 'pending')
        sums[side] += transfer.amount;
    }
    return sums as unknown as ModelBalances;
  }

  /** Lets time pass: what is due expires. */
  expire(now: number): void {
    for (const pending of this.pendings.values())
      if (pending.state === 'pending' && pending.expires <= now) pending.state = 'expired';
  }

  /** One word per draft: `CREATED`, `EXISTS`, or the refusal. */
  create(drafts: readonly TransferDraft[], now: number): string[] {
    this.expire(now);
    const words: string[] = [];
    let chain: TransferDraft[] = [];
    for (const draft of drafts) {
      chain.push(draft);
      if (draft.linked === true) continue;
      words.push(...this.chain(chain, now));
      chain = [];
    }
    words.push(...chain.slice(1).map(() => 'LINKED_TRANSFER_FAILED'));
    if (chain.length > 0) words.push('LINKED_CHAIN_OPEN');
    return words;
  }

  private chain(drafts: readonly TransferDraft[], now: number): string[] {
    if (drafts.length === 1) return [this.one(drafts[0], now)];
    if (drafts.every((draft) => this.shape(draft) === null && this.repeated(draft) === 'EXISTS'))
      return drafts.map(() => 'EXISTS');
    const [made, pendings] = [
      [...this.made],
      new Map(Array.from(this.pendings, ([id, pending]) => [id, { ...pending }])),
    ];
    for (const [i, draft] of drafts.entries()) {
      const word = this.one(draft, now);
      if (word === 'CREATED') continue;
      [this.made, this.pendings] = [made, pendings];
      const code = word === 'EXISTS' ? 'EXISTS_WITHOUT_ITS_CHAIN' : word;
      return drafts.map((_, j) => (j === i ? code : 'LINKED_TRANSFER_FAILED'));
    }
    return drafts.map(() => 'CREATED');
  }

  private one(draft: TransferDraft, now: number): string {
    const wrong = this.shape(draft) ?? this.repeated(draft);
    if (wrong !== null) return wrong;
    return draft.kind === 'post' || draft.kind === 'void' ? this.settle(draft) : this.move(draft, now);
  }

  private shape({
    kind,
    debit,
    credit,
    amount,
    pendingId,
    timeout,
    balancing,
  }: TransferDraft): string | null {
    const settles = kind === 'post' || kind === 'void';
    if (debit === undefined && !settles) return 'DEBIT_ACCOUNT_INVALID';
    if (credit === undefined && !settles) return 'CREDIT_ACCOUNT_INVALID';
    if (debit !== undefined && debit === credit) return 'ACCOUNTS_MUST_BE_DIFFERENT';
    if (amount === undefined ? !settles : amount < 1n || amount > MODEL_LARGEST) return 'AMOUNT_INVALID';
    if (settles && pendingId == null) return 'PENDING_ID_INVALID';
    if (!settles && pendingId != null) return 'PENDING_ID_NOT_ALLOWED';
    if ((timeout ?? 0) > 0 && kind !== 'pending') return 'TIMEOUT_NOT_ALLOWED';
    return settles && balancing === true ? 'BALANCING_NOT_ALLOWED' : null;
  }

  private repeated(draft: TransferDraft): string | null {
    const old = this.made.find(({ id }) => id === draft.id);
    if (old === undefined) return null;
    const whole = this.made.find(({ id }) => id === old.pendingId)?.amount;
    const asked = draft.amount ?? whole;
    const fits = old.balancing ? asked !== undefined && old.amount <= asked : old.amount === asked;
    const differs: readonly [boolean, string][] = [
      [(draft.kind ?? 'single') !== old.kind, 'KIND'],
      [(draft.linked ?? false) !== old.linked || (draft.balancing ?? false) !== old.balancing, 'FLAGS'],
      [(draft.pendingId ?? null) !== old.pendingId, 'PENDING_ID'],
      [(draft.timeout ?? 0) !== old.timeout, 'TIMEOUT'],
      [draft.debit !== undefined && draft.debit !== old.debit, 'DEBIT_ACCOUNT'],
      [draft.credit !== undefined && draft.credit !== old.credit, 'CREDIT_ACCOUNT'],
      [!fits, 'AMOUNT'],
      [draft.code !== undefined && draft.code !== old.code, 'CODE'],
      [(draft.reference ?? null) !== old.reference, 'REFERENCE'],
    ];
    const found = differs.find(([is]) => is);
    return found === undefined ? 'EXISTS' : `EXISTS_WITH_DIFFERENT_${found[1]}`;
  }

  private move(draft: TransferDraft, now: number): string {
    const [from, to] = [this.accounts.get(draft.debit!), this.accounts.get(draft.credit!)];
    if (from === undefined) return 'DEBIT_ACCOUNT_NOT_FOUND';
    if (to === undefined) return 'CREDIT_ACCOUNT_NOT_FOUND';
    if (from.asset !== to.asset) return 'ACCOUNTS_HAVE_DIFFERENT_ASSETS';
    const [reserved, out, , came] = this.balances(draft.debit!);
    const [, , announced, got] = this.balances(draft.credit!);
    const free = came + from.limit - out - reserved;
    const amount = draft.balancing === true && free < draft.amount! ? free : draft.amount!;
    if (reserved + out + amount > MODEL_LARGEST) return 'OVERFLOWS_DEBITS';
    if (announced + got + amount > MODEL_LARGEST) return 'OVERFLOWS_CREDITS';
    if (amount > free || amount < 1n) return 'EXCEEDS_BALANCE';
    this.note({ ...draft, amount }, now);
    return 'CREATED';
  }

  private settle(draft: TransferDraft): string {
    const old = this.made.find(({ id }) => id === draft.pendingId);
    if (old === undefined) return 'PENDING_TRANSFER_NOT_FOUND';
    const pending = this.pendings.get(old.id);
    if (pending === undefined) return 'PENDING_TRANSFER_NOT_PENDING';
    if ((draft.debit ?? old.debit) !== old.debit) return 'PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT';
    if ((draft.credit ?? old.credit) !== old.credit) return 'PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT';
    if ((draft.code ?? old.code) !== old.code) return 'PENDING_TRANSFER_HAS_DIFFERENT_CODE';
    const amount = draft.amount ?? old.amount;
    if (amount > old.amount) return 'EXCEEDS_PENDING_TRANSFER_AMOUNT';
    if (draft.kind === 'void' && amount < old.amount) return 'PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT';
    if (pending.state === 'expired') return 'PENDING_TRANSFER_EXPIRED';
    if (pending.state !== 'pending') return `PENDING_TRANSFER_ALREADY_${pending.state.toUpperCase()}`;
    pending.state = draft.kind === 'post' ? 'posted' : 'voided';
    this.note({ ...draft, debit: old.debit, credit: old.credit, code: old.code, amount }, 0);
    return 'CREATED';
  }

  private note(draft: TransferDraft, now: number): void {
    const { kind = 'single', pendingId = null, timeout = 0, reference = null } = draft;
    const { linked = false, balancing = false } = draft;
    const transfer = { ...draft, kind, pendingId, timeout, reference, linked, balancing } as Transfer;
    this.made.push(transfer);
    const expires = timeout > 0 ? now + timeout * 1000 : Infinity;
    if (kind === 'pending') this.pendings.set(draft.id, { state: 'pending', expires });
  }
}
