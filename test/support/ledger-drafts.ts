import fc from 'fast-check';
import type { AccountDraft } from '../../src/rewards/ledger/account.js';
import type { TransferDraft } from '../../src/rewards/ledger/transfer.js';
import { MODEL_LARGEST } from './ledger-model.js';

/** Accounts of two assets; each asset has an issuer. */
export const DRAWN_ACCOUNTS: readonly AccountDraft[] = [
  { id: 'issuer', asset: 'BLY', overdraftLimit: MODEL_LARGEST },
  { id: 'poor-issuer', asset: 'BLY', overdraftLimit: 60n },
  ...['a', 'b', 'c'].map((id) => ({ id, asset: 'BLY' })),
  { id: 'foreign-issuer', asset: 'XYZ', overdraftLimit: 100n },
  { id: 'foreign', asset: 'XYZ' },
];

/** A valid transfer id. */
export const transferId = (number: number): string => number.toString(16).padStart(32, '0');

const accounts = fc.constantFrom(
  'issuer',
  'issuer',
  'poor-issuer',
  'a',
  'b',
  'c',
  'foreign-issuer',
  'foreign',
  'missing',
);
const ids = fc.integer({ min: 6, max: 24 }).map(transferId);
/** Pending transfers have the lower ids, so that those who settle find them. */
const pendingIds = fc.nat({ max: 7 }).map(transferId);
const amounts = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 1n, max: 40n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, -5n, MODEL_LARGEST + 1n) },
  { weight: 1, arbitrary: fc.constantFrom(MODEL_LARGEST, MODEL_LARGEST - 20n) },
);

const common = {
  id: ids,
  linked: fc.constantFrom(false, false, true),
  reference: fc.constantFrom(null, null, null, 'epoch:1'),
};

const moving = fc.record({
  ...common,
  kind: fc.constant('single' as const),
  debit: accounts,
  credit: accounts,
  amount: amounts,
  timeout: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
  balancing: fc.constantFrom(false, false, false, true),
  code: fc.constantFrom('test', 'test', 'other'),
});

const reserving = moving.chain((draft) =>
  fc.record({ id: pendingIds, timeout: fc.constantFrom(0, 0, 1, 3) }).map((own) => ({
    ...draft,
    ...own,
    kind: 'pending' as const,
  })),
);

/** `usual` nine times out of ten. */
const mostly = <T>(usual: T, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });

const settling = fc.record({
  ...common,
  linked: mostly(false, fc.constant(true)),
  kind: fc.constantFrom('post' as const, 'void' as const),
  debit: mostly<string | undefined>(undefined, accounts),
  credit: fc.constant(undefined),
  amount: fc.oneof(fc.constant(undefined), fc.bigInt({ min: 1n, max: 9n }), amounts),
  pendingId: pendingIds,
  timeout: mostly(0, fc.constant(1)),
  balancing: mostly(false, fc.constant(true)),
  code: fc.constantFrom(undefined, undefined, 'test'),
});

/** Drafts of all kinds, right and wrong, whose few ids and accounts often meet. */
export const drawnDraft: fc.Arbitrary<TransferDraft> = fc
  .oneof(
    { weight: 2, arbitrary: moving },
    { weight: 2, arbitrary: reserving },
    { weight: 2, arbitrary: settling },
  )
  .map((draft): TransferDraft =>
    'pendingId' in draft && draft.pendingId === draft.id ? { ...draft, pendingId: null } : draft,
  );

/** Batches with the ms that pass before each. They draw from few drafts, so that the same one comes again. */
export const drawnBatches = fc
  .tuple(
    fc.array(drawnDraft, { minLength: 10, maxLength: 40, size: 'max' }),
    fc.array(
      fc.record({
        pass: fc.constantFrom(0, 0, 500, 1500),
        picks: fc.array(fc.nat({ max: 999 }), { maxLength: 14, size: 'max' }),
      }),
      { minLength: 1, maxLength: 10, size: 'max' },
    ),
  )
  .map(([pool, batches]) =>
    batches.map(({ pass, picks }) => ({ pass, drafts: picks.map((pick) => pool[pick % pool.length]) })),
  );
