import fc from 'fast-check';
import { canonicalJson, unwrap, utf8ToBytes } from '../../src/common/index.js';
import { decodePayload, encodePayload } from '../../src/rewards/ledger/batch-payload.js';
import { readAccounts, readTransfers } from '../../src/rewards/ledger/read-tables.js';
import type { TransferDraft, TransferResult } from '../../src/rewards/ledger/transfer.js';
import { DRAWN_ACCOUNTS, drawnBatches, transferId } from '../support/ledger-drafts.js';
import { LedgerModel } from '../support/ledger-model.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

let sut: LedgerUnderTest;
beforeEach(async () => {
  sut = await openLedger();
});
afterEach(() => sut.close());

const word = (result: TransferResult) => (result.ok ? (result.created ? 'CREATED' : 'EXISTS') : result.code);
const pay = (n: number, draft: Partial<TransferDraft> = {}): TransferDraft => ({
  ...{ id: transferId(n), debit: 'issuer', credit: 'a', amount: 5n, code: 'test' },
  ...draft,
});
const balancesOf = async ({ dataSource }: LedgerUnderTest, id: string) => {
  const account = (await readAccounts(dataSource.manager, [id])).get(id)!;
  return [account.debitsPending, account.debitsPosted, account.creditsPending, account.creditsPosted];
};
const blocksOfC = async ({ dataSource }: LedgerUnderTest) =>
  (
    await dataSource.query<{ hash: string }[]>(
      `SELECT hash FROM blocks WHERE chain_id = 'C' ORDER BY chain_index`,
    )
  ).map(({ hash }) => hash);

it('does on PostgreSQL what the plain model does, whatever it is given', async () => {
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(drawnBatches, async (batches) => {
      const [model, suffix] = [new LedgerModel(), String(opened++).padStart(16, '0')];
      const named = (id: string | undefined) => (id === undefined ? id : `${id}-${suffix}`);
      const renamed = (draft: TransferDraft): TransferDraft => ({
        ...draft,
        id: suffix + draft.id.slice(16),
        ...(draft.debit === undefined ? {} : { debit: named(draft.debit) }),
        ...(draft.credit === undefined ? {} : { credit: named(draft.credit) }),
        ...(draft.pendingId == null ? {} : { pendingId: suffix + draft.pendingId.slice(16) }),
      });
      const accounts = DRAWN_ACCOUNTS.map((account) => ({ ...account, id: named(account.id)! }));
      for (const { id, asset, overdraftLimit = 0n } of accounts) model.open(id, asset, overdraftLimit);
      expect(unwrap(await sut.ledger.openAccounts(accounts)).every(({ ok }) => ok)).toBe(true);
      for (const { pass, drafts } of batches) {
        sut.time.now += pass;
        const asked = drafts.map(renamed);
        const words = unwrap(await sut.ledger.createTransfers(asked)).map(word);
        expect(words).toEqual(model.create(asked, sut.time.now));
      }
      for (const { id } of accounts) expect(await balancesOf(sut, id)).toEqual(model.balances(id));
      const stored = await readTransfers(
        sut.dataSource.manager,
        model.transfers.map(({ id }) => id),
      );
      const plain = stored
        .sort((a, b) => a.sequence - b.sequence)
        .map(({ sequence: _sequence, blockIndex: _index, ...transfer }) => transfer);
      expect(plain).toEqual(model.transfers);
      const states = await sut.dataSource.query<{ id: string; state: string }[]>(
        `SELECT replace(transfer_id::text, '-', '') AS id, state FROM ledger_pendings WHERE transfer_id = ANY($1::uuid[])`,
        [model.transfers.map(({ id }) => id)],
      );
      expect(new Map(states.map(({ id, state }) => [id, state]))).toEqual(model.pendingStates);
    }),
    { numRuns: 30 },
  );
});

it('tells of every batch that is durable, with whom it touched, and of nothing else', async () => {
  const told: object[] = [];
  sut.events.on('ledger.changed', (notice) => told.push(notice));
  const accounts = [
    { id: 'issuer', asset: 'BLY', overdraftLimit: 100n },
    { id: 'a', asset: 'BLY' },
  ];
  unwrap(await sut.ledger.openAccounts(accounts));
  const drafts = [pay(1), pay(2, { amount: 96n })];
  expect(unwrap(await sut.ledger.createTransfers(drafts)).map(({ ok }) => ok)).toEqual([true, false]);
  unwrap(await sut.ledger.createTransfers([pay(1)]));
  const [opened, paid] = await blocksOfC(sut);
  expect(told).toEqual([
    { block: opened, transfers: 0, accounts: ['issuer', 'a'] },
    { block: paid, transfers: 1, accounts: ['issuer', 'a'] },
  ]);
  const many = Array.from({ length: 12 }, (_, i) => ({ id: `many-${i}`, asset: 'BLY' }));
  unwrap(await sut.ledger.openAccounts(many));
  expect(told[2]).toMatchObject({ accounts: many.slice(0, 10).map(({ id }) => id) });
});

it('writes every batch into chain C and the log, and nothing when nothing happened', async () => {
  unwrap(await sut.ledger.openAccounts(DRAWN_ACCOUNTS));
  const drafts = [
    pay(1),
    pay(2, { kind: 'pending', timeout: 2 }),
    pay(3, { debit: 'a', credit: 'b', amount: 99n }),
  ];
  expect(unwrap(await sut.ledger.createTransfers(drafts)).map(word)).toEqual([
    'CREATED',
    'CREATED',
    'EXCEEDS_BALANCE',
  ]);
  expect(unwrap(await sut.ledger.createTransfers(drafts)).map(word)).toEqual([
    'EXISTS',
    'EXISTS',
    'EXCEEDS_BALANCE',
  ]);
  sut.time.now += 2_000;
  unwrap(await sut.ledger.expire());
  unwrap(await sut.ledger.expire());
  const hashes = await blocksOfC(sut);
  const payloads = await Promise.all(
    hashes.map(async (hash) => unwrap(decodePayload(unwrap(await sut.reader.payload(hash))))),
  );
  expect(payloads.map(({ sequence }) => sequence)).toEqual([1, 1, 3]);
  expect(payloads[0].accounts.map(({ id }) => id)).toEqual(DRAWN_ACCOUNTS.map(({ id }) => id));
  expect(payloads[1].transfers.map(({ id }) => id)).toEqual([transferId(1), transferId(2)]);
  expect(payloads[2]).toMatchObject({ expired: [transferId(2)], transfers: [] });
  const logged = await sut.dataSource.query<{ subject: string }[]>(
    `SELECT subject FROM log_entries WHERE kind = 'block' ORDER BY id`,
  );
  expect(logged.map(({ subject }) => subject)).toEqual(hashes);
});

it('serves callers at the same moment, each with its own results', async () => {
  unwrap(await sut.ledger.openAccounts(DRAWN_ACCOUNTS));
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      sut.ledger.createTransfers([pay(i + 1), pay(100 + i, { debit: 'b', credit: 'c', amount: 1n })]),
    ),
  );
  for (const result of results) expect(unwrap(result).map(word)).toEqual(['CREATED', 'EXCEEDS_BALANCE']);
  expect(await balancesOf(sut, 'a')).toEqual([0n, 0n, 0n, 200n]);
  expect((await blocksOfC(sut)).length).toBeLessThan(10);
});

it('fails nobody for what another caller writes beside', async () => {
  await sut.ledger.openAccounts([
    { id: 'issuer', asset: 'BLY', overdraftLimit: 100n },
    { id: 'a', asset: 'BLY' },
  ]);
  const runs = [0, 0, 0, 0, 0];
  const one = (n: number, fails: boolean) =>
    sut.ledger.submit({
      ...{ accounts: [], transfers: [pay(n)] },
      beside: () => {
        runs[n]++;
        return fails ? Promise.reject(new Error('the row exists')) : Promise.resolve();
      },
    });
  // The first goes alone, the others wait and share a batch.
  const done = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => one(n, n === 2)));
  expect(done.map(({ status }) => status)).toEqual([
    ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  ]);
  expect(runs).toEqual([1, 2, 2, 1, 1]);
  expect(await balancesOf(sut, 'a')).toEqual([0n, 0n, 0n, 20n]);
});

it('lets two servers on one database take turns without losing a unit', async () => {
  unwrap(await sut.ledger.openAccounts(DRAWN_ACCOUNTS));
  const work = [sut.ledger, sut.secondServer()].map(async (ledger, server) => {
    for (let i = 0; i < 12; i++) {
      const [result] = unwrap(await ledger.createTransfers([pay(server * 100 + i + 1)]));
      expect(result).toEqual({ ok: true, created: true, amount: 5n });
    }
  });
  await Promise.all(work);
  expect(await balancesOf(sut, 'a')).toEqual([0n, 0n, 0n, 120n]);
});

it('is kept by the database too: no overdraft, nothing changed or removed, always balanced', async () => {
  unwrap(await sut.ledger.openAccounts(DRAWN_ACCOUNTS));
  unwrap(await sut.ledger.createTransfers([pay(1, { kind: 'pending' }), pay(2)]));
  unwrap(await sut.ledger.createTransfers([{ id: transferId(3), kind: 'void', pendingId: transferId(1) }]));
  const refused: [string, RegExp][] = [
    ['UPDATE ledger_transfers SET amount = 6', /only grows/],
    ['DELETE FROM ledger_transfers', /only grows/],
    ['TRUNCATE ledger_transfers', /only grows/],
    ['DELETE FROM ledger_accounts', /only grows/],
    ['DELETE FROM ledger_pendings', /only grows/],
    [`UPDATE ledger_accounts SET credits_posted = 7 WHERE id = 'a'`, /do not balance/],
    [
      `UPDATE ledger_accounts SET debits_posted = debits_posted + (asset = 'BLY')::int, credits_posted = credits_posted + (asset = 'XYZ')::int
       WHERE id IN ('issuer', 'foreign')`,
      /do not balance/,
    ],
    [`UPDATE ledger_accounts SET overdraft_limit = 9 WHERE id = 'a'`, /keeps its name/],
    [`UPDATE ledger_accounts SET debits_posted = -1 WHERE id = 'a'`, /check constraint/],
    [
      `INSERT INTO ledger_accounts (number, id, asset, credits_posted) VALUES (99, 'x', 'BLY', 5)`,
      /without money/,
    ],
    [`UPDATE ledger_pendings SET state = 'posted'`, /settled once/],
  ];
  for (const [statement, reason] of refused)
    await expect(sut.dataSource.query(statement)).rejects.toThrow(reason);
  await expect(
    sut.dataSource.query(
      `UPDATE ledger_accounts SET debits_posted = debits_posted + (id = 'b')::int * 9, credits_posted = credits_posted + (id = 'a')::int * 9
       WHERE id IN ('a', 'b')`,
    ),
  ).rejects.toThrow(/no_overdraft/);
});

it('accepts blocks of transfers from itself alone', async () => {
  unwrap(await sut.ledger.openAccounts(DRAWN_ACCOUNTS));
  const [head] = await blocksOfC(sut);
  const transfers = [
    { ...pay(1), kind: 'single' as const, pendingId: null, timeout: 0, reference: null, linked: false },
  ];
  const payload = encodePayload({ sequence: 1, accounts: [], expired: [], transfers: transfers as never });
  const header = await sut.author.create({
    ...{
      chain: 'C',
      type: 'transfers',
      payload,
      payloadType: 'json',
      prevHash: head,
      timestamp: sut.time.now,
    },
  });
  expect(await sut.publisher.publish([{ header, payload }])).toMatchObject({
    ok: false,
    error: { code: 'BLOCK_RULES_LEDGER' },
  });
  const stored = (await sut.reader.header(head))!;
  const again = { header: stored.header, payload: unwrap(await sut.reader.payload(head)) };
  expect(unwrap(await sut.publisher.publish([again]))[0].created).toBe(false);
});

it('refuses batches that are too large, and payloads that are not canonical', async () => {
  const tooMany = Array.from({ length: 8_191 }, (_, i) => pay(i));
  expect(await sut.ledger.createTransfers(tooMany)).toMatchObject({
    ok: false,
    error: { code: 'LEDGER_BATCH_SIZE' },
  });
  const good = { format: 'stemma.transfers.v1', sequence: 1, accounts: [], expired: [], transfers: [] };
  expect(decodePayload(utf8ToBytes(canonicalJson(good))).ok).toBe(true);
  for (const wrong of [
    { format: 'x' },
    { sequence: 0 },
    { extra: 1 },
    { expired: ['x'] },
    { transfers: [{ id: 'x' }] },
  ])
    expect(decodePayload(utf8ToBytes(canonicalJson({ ...good, ...wrong } as never)))).toMatchObject({
      ok: false,
      error: { code: 'TRANSFERS_PAYLOAD' },
    });
});

it('goes on from the last batch when the clock is set back', async () => {
  unwrap(await sut.ledger.openAccounts(DRAWN_ACCOUNTS));
  sut.time.now -= 60_000;
  unwrap(await sut.ledger.createTransfers([pay(1)]));
  const rows = await sut.dataSource.query<{ block_time: string }[]>(
    `SELECT block_time FROM blocks WHERE chain_id = 'C' ORDER BY chain_index`,
  );
  expect(rows[1].block_time).toBe(rows[0].block_time);
});
