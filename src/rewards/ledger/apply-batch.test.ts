import fc from 'fast-check';
import { DRAWN_ACCOUNTS, drawnBatches, transferId } from '../../../test/support/ledger-drafts.js';
import { LedgerModel } from '../../../test/support/ledger-model.js';
import { openedAccount } from './account.js';
import { applyBatch, applyExpiries } from './apply-batch.js';
import { isSound } from './apply-transfer.js';
import { LedgerState } from './ledger-state.js';
import type { TransferDraft, TransferResult } from './transfer.js';

const word = (result: TransferResult) => (result.ok ? (result.created ? 'CREATED' : 'EXISTS') : result.code);
const balancesOf = (state: LedgerState, id: string) => {
  const { debitsPending, debitsPosted, creditsPending, creditsPosted } = state.account(id)!;
  return [debitsPending, debitsPosted, creditsPending, creditsPosted];
};

function openBoth() {
  const model = new LedgerModel();
  for (const { id, asset, overdraftLimit = 0n } of DRAWN_ACCOUNTS) model.open(id, asset, overdraftLimit);
  return { model, state: new LedgerState(DRAWN_ACCOUNTS.map(openedAccount)) };
}

/** Plays batches on the ledger and on the model, which must agree after each. @returns all that was answered */
function play(
  batches: readonly { readonly pass: number; readonly drafts: readonly TransferDraft[] }[],
): string[] {
  const { model, state } = openBoth();
  const answers: string[] = [];
  let now = 1_000_000;
  for (const { pass, drafts } of batches) {
    now += pass;
    const due = [...model.transfers]
      .map(({ id }) => state.pending(id))
      .filter((pending) => pending?.state === 'pending' && (pending.expiresAt ?? Infinity) <= now)
      .map((pending) => pending!);
    applyExpiries(state, due);
    const words = applyBatch(state, drafts, now).map(word);
    expect(words).toEqual(model.create(drafts, now));
    answers.push(...words);
    expect(DRAWN_ACCOUNTS.map(({ id }) => balancesOf(state, id))).toEqual(
      DRAWN_ACCOUNTS.map(({ id }) => model.balances(id)),
    );
    expect(DRAWN_ACCOUNTS.every(({ id }) => isSound(state.account(id)!))).toBe(true);
  }
  expect(state.changes.made).toEqual(model.transfers);
  expect(sums(state)).toEqual([0n, 0n, 0n, 0n]);
  return answers;
}

describe('a batch of transfers', () => {
  it('does what the plain model does, whatever it is given', () => {
    fc.assert(
      fc.property(drawnBatches, (batches) => {
        play(batches);
      }),
      { numRuns: 400 },
    );
  });

  it('is drawn so that every outcome is reached', () => {
    const seen = new Set(fc.sample(drawnBatches, { numRuns: 600, seed: 20_261_122 }).flatMap(play));
    expect(REACHED.filter((each) => !seen.has(each))).toEqual([]);
  });

  it('takes a failed chain back to the last unit', () => {
    const { state } = openBoth();
    const step = (n: number, draft: Partial<TransferDraft>): TransferDraft => ({
      ...{ id: transferId(n), debit: 'issuer', credit: 'a', amount: 5n, code: 'test' },
      ...draft,
    });
    applyBatch(state, [step(1, { kind: 'pending' })], 0);
    const chain = [
      step(2, { linked: true }),
      { id: transferId(3), kind: 'post' as const, pendingId: transferId(1), linked: true },
      step(4, { debit: 'b', amount: 1n }),
    ];
    expect(applyBatch(state, chain, 0).map(word)).toEqual([
      'LINKED_TRANSFER_FAILED',
      'LINKED_TRANSFER_FAILED',
      'EXCEEDS_BALANCE',
    ]);
    expect(balancesOf(state, 'a')).toEqual([0n, 0n, 5n, 0n]);
    expect(state.pending(transferId(1))?.state).toBe('pending');
    expect(state.changes.made.map(({ id }) => id)).toEqual([transferId(1)]);
    expect(state.changes.settled.size).toBe(0);
  });

  it('answers a whole chain that was made before as made before', () => {
    const { state } = openBoth();
    const chain = [1, 2].map((n) => ({
      ...{ id: transferId(n), debit: 'issuer', credit: 'a', amount: 5n, code: 'test', linked: n === 1 },
    }));
    expect(applyBatch(state, chain, 0).map(word)).toEqual(['CREATED', 'CREATED']);
    expect(applyBatch(state, chain, 0).map(word)).toEqual(['EXISTS', 'EXISTS']);
    expect(applyBatch(state, [{ ...chain[0] }, { ...chain[1], id: transferId(3) }], 0).map(word)).toEqual([
      'EXISTS_WITHOUT_ITS_CHAIN',
      'LINKED_TRANSFER_FAILED',
    ]);
  });

  it('says what differs from the transfer that has the id', () => {
    const { state } = openBoth();
    const made: TransferDraft = {
      ...{ id: transferId(1), kind: 'pending', debit: 'issuer', credit: 'a', amount: 5n, timeout: 9 },
      ...{ code: 'test', reference: 'epoch:1' },
    };
    const posted: TransferDraft = { id: transferId(2), kind: 'post', pendingId: made.id, amount: 4n };
    expect(applyBatch(state, [made, posted], 0).map(word)).toEqual(['CREATED', 'CREATED']);
    const others: [TransferDraft, string][] = [
      [{ ...made, kind: 'single', timeout: 0 }, 'KIND'],
      [{ ...made, balancing: true }, 'FLAGS'],
      [{ ...posted, pendingId: transferId(9) }, 'PENDING_ID'],
      [{ ...made, timeout: 8 }, 'TIMEOUT'],
      [{ ...made, debit: 'b' }, 'DEBIT_ACCOUNT'],
      [{ ...made, credit: 'b' }, 'CREDIT_ACCOUNT'],
      [{ ...made, amount: 6n }, 'AMOUNT'],
      [{ ...posted, amount: undefined }, 'AMOUNT'],
      [{ ...made, code: 'other' }, 'CODE'],
      [{ ...made, reference: null }, 'REFERENCE'],
    ];
    for (const [draft, part] of others)
      expect(applyBatch(state, [draft], 0).map(word)).toEqual([`EXISTS_WITH_DIFFERENT_${part}`]);
    expect(applyBatch(state, [made, posted], 0).map(word)).toEqual(['EXISTS', 'EXISTS']);
  });

  it('refuses what types would not allow, because drafts may come from outside', () => {
    const { state } = openBoth();
    const good = { id: transferId(1), debit: 'issuer', credit: 'a', amount: 5n, code: 'test' };
    const bad: [object, string][] = [
      [{ id: 'F'.repeat(32) }, 'TRANSFER_ID_INVALID'],
      [{ id: 7 }, 'TRANSFER_ID_INVALID'],
      [{ kind: 'steal' }, 'KIND_INVALID'],
      [{ linked: 'yes' }, 'FLAGS_INVALID'],
      [{ debit: 'A"' }, 'DEBIT_ACCOUNT_INVALID'],
      [{ credit: {} }, 'CREDIT_ACCOUNT_INVALID'],
      [{ amount: 5 }, 'AMOUNT_INVALID'],
      [{ amount: -1n }, 'AMOUNT_INVALID'],
      [{ kind: 'pending', timeout: 1.5 }, 'TIMEOUT_INVALID'],
      [{ kind: 'pending', timeout: Infinity }, 'TIMEOUT_INVALID'],
      [{ timeout: 1 }, 'TIMEOUT_NOT_ALLOWED'],
      [{ code: 'x"y' }, 'CODE_INVALID'],
      [{ reference: 'a,b' }, 'REFERENCE_INVALID'],
      [{ kind: 'post', pendingId: transferId(1) }, 'PENDING_ID_INVALID'],
    ];
    for (const [wrong, code] of bad)
      expect(applyBatch(state, [{ ...good, ...wrong } as TransferDraft], 0).map(word)).toEqual([code]);
    expect(state.changes.made).toEqual([]);
  });
});

/** What random batches must have met for the comparison to mean something. */
const REACHED = [
  ...['CREATED', 'EXISTS', 'EXISTS_WITHOUT_ITS_CHAIN', 'LINKED_TRANSFER_FAILED', 'LINKED_CHAIN_OPEN'],
  ...['AMOUNT_INVALID', 'ACCOUNTS_MUST_BE_DIFFERENT', 'ACCOUNTS_HAVE_DIFFERENT_ASSETS'],
  ...['DEBIT_ACCOUNT_NOT_FOUND', 'CREDIT_ACCOUNT_NOT_FOUND', 'EXCEEDS_BALANCE', 'OVERFLOWS_DEBITS'],
  ...['PENDING_TRANSFER_NOT_FOUND', 'PENDING_TRANSFER_NOT_PENDING', 'PENDING_TRANSFER_EXPIRED'],
  ...['PENDING_TRANSFER_ALREADY_POSTED', 'PENDING_TRANSFER_ALREADY_VOIDED'],
  ...['EXCEEDS_PENDING_TRANSFER_AMOUNT', 'PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT'],
  ...['EXISTS_WITH_DIFFERENT_KIND', 'EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT'],
];

/** Debits less credits, pending and posted, of each asset. */
function sums(state: LedgerState): bigint[] {
  return ['BLY', 'XYZ'].flatMap((asset) => {
    const own = DRAWN_ACCOUNTS.filter((account) => account.asset === asset).map(({ id }) =>
      balancesOf(state, id),
    );
    const total = (column: number) => own.reduce((sum, balances) => sum + balances[column], 0n);
    return [total(0) - total(2), total(1) - total(3)];
  });
}
