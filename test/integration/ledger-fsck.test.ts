import { Fsck, FsckRegistry, type FsckReport } from '../../src/chain/index.js';
import { unwrap } from '../../src/common/index.js';
import { Transactions } from '../../src/database/index.js';
import { LedgerFsck } from '../../src/rewards/ledger/ledger-fsck.js';
import { LedgerReader } from '../../src/rewards/ledger/ledger-reader.js';
import { openYear } from '../../src/rewards/policy/issuance.js';
import { defaultRewardsFile, readRewardsPolicy } from '../../src/rewards/policy/policy-in-force.js';
import type { TransferDraft } from '../../src/rewards/ledger/transfer.js';
import { transferId } from '../support/ledger-drafts.js';
import { testConfig } from '../support/index.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

let sut: LedgerUnderTest;
beforeEach(async () => {
  sut = await openLedger();
  await fill(sut);
});
afterEach(() => sut.close());

const pay = (n: number, debit: string, credit: string, amount: bigint): TransferDraft => ({
  ...{ id: transferId(n), debit, credit, amount, code: 'test' },
});

/** A few batches of every kind of transfer. */
async function fill({ ledger, time }: LedgerUnderTest): Promise<void> {
  unwrap(
    await ledger.openAccounts([
      { id: 'issuer', asset: 'BLY', overdraftLimit: 1_000n },
      ...['a', 'b'].map((id) => ({ id, asset: 'BLY' })),
    ]),
  );
  unwrap(
    await ledger.createTransfers([
      pay(1, 'issuer', 'a', 100n),
      { ...pay(2, 'a', 'b', 30n), kind: 'pending' },
      { ...pay(3, 'a', 'b', 20n), kind: 'pending', timeout: 1 },
      { ...pay(4, 'a', 'b', 10n), kind: 'pending' },
    ]),
  );
  time.now += 1_000;
  unwrap(
    await ledger.createTransfers([
      { id: transferId(5), kind: 'post', pendingId: transferId(2), amount: 25n },
    ]),
  );
  unwrap(await ledger.createTransfers([{ id: transferId(6), kind: 'void', pendingId: transferId(4) }]));
}

/** The codes of fsck, with `statements` done to the tables beforehand behind the guards' backs. */
async function findings(...statements: string[]): Promise<string[]> {
  const { dataSource } = sut;
  if (statements.length > 0)
    await dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL session_replication_role = replica');
      for (const statement of statements) await manager.query(statement);
    });
  return (await runFsck()).findings.map(({ code }) => code);
}

/** Runs fsck. @param meanwhile done when log and chain are read, before the ledger's tables are */
function runFsck(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<FsckReport> {
  const { dataSource, keys, stores, files, sequencer, folder } = sut;
  const registry = new FsckRegistry();
  registry.register({ name: 'meanwhile', run: async () => void (await meanwhile()) });
  new LedgerFsck(registry, dataSource, stores).onModuleInit();
  const config = testConfig({ dataDir: folder });
  const transactions = new Transactions(dataSource);
  const fsck = new Fsck(config, keys, dataSource, transactions, stores, files, sequencer, registry);
  return fsck.run({ repair: false, exclusive: true });
}

describe('fsck of the ledger', () => {
  beforeEach(() => sut.sequencer.onApplicationBootstrap());

  it('finds nothing where the tables are what chain C adds up to', async () => {
    expect(await findings()).toEqual([]);
  });

  it('says that it could not compare while batches are made, and does not call that damage', async () => {
    const report = await runFsck(() => sut.ledger.createTransfers([pay(7, 'issuer', 'a', 1n)]));
    expect(report.findings).toEqual([
      expect.objectContaining({ code: 'LEDGER_NOT_CHECKED', severity: 'warning', subject: 'ledger' }),
    ]);
    expect(report.clean).toBe(true);
    expect(await findings()).toEqual([]);
  });

  const uuid = (n: number) => `'${transferId(n)}'`;
  it.each([
    [`UPDATE ledger_accounts SET credits_posted = credits_posted + 1 WHERE id = 'b'`, 'LEDGER_BALANCE_WRONG'],
    [`UPDATE ledger_accounts SET overdraft_limit = 5 WHERE id = 'a'`, 'LEDGER_BALANCE_WRONG'],
    [`INSERT INTO ledger_accounts (number, id, asset) VALUES (9, 'z', 'BLY')`, 'LEDGER_BALANCE_WRONG'],
    [`UPDATE ledger_transfers SET amount = 99 WHERE id = ${uuid(1)}`, 'LEDGER_TRANSFERS_WRONG'],
    [`UPDATE ledger_transfers SET reference = 'x' WHERE id = ${uuid(1)}`, 'LEDGER_TRANSFERS_WRONG'],
    [`DELETE FROM ledger_transfers WHERE id = ${uuid(6)}`, 'LEDGER_TRANSFERS_WRONG'],
    [`UPDATE ledger_pendings SET state = 'posted' WHERE transfer_id = ${uuid(3)}`, 'LEDGER_PENDING_WRONG'],
    [`DELETE FROM ledger_pendings WHERE transfer_id = ${uuid(3)}`, 'LEDGER_PENDING_WRONG'],
  ])('finds %s', async (statement, code) => {
    expect(new Set(await findings(statement))).toEqual(new Set([code]));
  });

  it('says so when a block cannot be read', async () => {
    const [{ payload_hash: hash }] = await sut.dataSource.query<{ payload_hash: string }[]>(
      `SELECT payload_hash FROM blocks WHERE chain_id = 'C' AND chain_index = 1`,
    );
    await sut.stores.payloads.remove(hash);
    expect(await findings()).toEqual(expect.arrayContaining(['PAYLOAD_MISSING', 'LEDGER_BLOCK_UNREADABLE']));
  });
});

it('gives statements, newest first, page by page', async () => {
  const reader = new LedgerReader(sut.dataSource);
  const account = (await reader.account('a'))!;
  const lines = await reader.statement(account, 3);
  expect(lines.map(({ id }) => id)).toEqual([6, 5, 4].map(transferId));
  const rest = await reader.statement(account, 10, lines[2].sequence);
  expect(rest.map(({ id, amount }) => [id, amount])).toEqual([
    [transferId(3), 20n],
    [transferId(2), 30n],
    [transferId(1), 100n],
  ]);
  const blocks = await sut.reader.headers(rest.map(({ block }) => block));
  expect(rest.every(({ block, time }) => blocks.get(block)?.header.timestamp === time)).toBe(true);
  expect(await reader.account('nobody')).toBeNull();
});

it('cannot issue more than the yearly cap, however often the year is opened', async () => {
  const policy = unwrap(readRewardsPolicy(defaultRewardsFile()));
  const other = await openLedger();
  try {
    for (const created of [true, false]) {
      const { transfers } = unwrap(await other.ledger.submit(openYear(policy, 2026)));
      expect(transfers).toEqual([{ ok: true, created, amount: policy.yearlyCap }]);
    }
    unwrap(await other.ledger.openAccounts([{ id: 'a', asset: 'BLY' }]));
    const over = [pay(1, 'issuance:2026', 'a', policy.yearlyCap), pay(2, 'issuance:2026', 'a', 1n)];
    expect(unwrap(await other.ledger.createTransfers(over))).toEqual([
      { ok: true, created: true, amount: policy.yearlyCap },
      { ok: false, code: 'EXCEEDS_BALANCE' },
    ]);
    for (let year = 2027; year < 2036; year++) unwrap(await other.ledger.submit(openYear(policy, year)));
    const { transfers } = unwrap(await other.ledger.submit(openYear(policy, 2036)));
    expect(transfers).toEqual([{ ok: false, code: 'EXCEEDS_BALANCE' }]);
  } finally {
    await other.close();
  }
});
