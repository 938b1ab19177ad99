import { Fsck, FsckRegistry } from '../../src/chain/index.js';
import { unwrap, type Result } from '../../src/common/index.js';
import { Transactions } from '../../src/database/index.js';
import { correctable, CORRECTION_ENTRY } from '../../src/rewards/corrections/correction.js';
import { Corrections } from '../../src/rewards/corrections/corrections.js';
import { LARGEST_AMOUNT } from '../../src/rewards/ledger/account.js';
import { LedgerFsck } from '../../src/rewards/ledger/ledger-fsck.js';
import { LedgerReader } from '../../src/rewards/ledger/ledger-reader.js';
import { transferId } from '../support/ledger-drafts.js';
import { PATIENCE_MS, testConfig } from '../support/index.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

const OWED = 'rewards:owed';
const [EARNED, PAID, RESERVED, FREED] = [1, 2, 3, 4].map(transferId);

let sut: LedgerUnderTest;
let reader: LedgerReader;
let corrections: Corrections;
beforeEach(async () => {
  sut = await openLedger();
  sut.sequencer.onApplicationBootstrap();
  reader = new LedgerReader(sut.dataSource);
  corrections = new Corrections(sut.ledger, reader, sut.log);
  const accounts = [OWED, 'key:ada', 'key:bob'].map((id) => ({ id, asset: 'BLY' }));
  const issuer = { id: 'issuer', asset: 'BLY', overdraftLimit: 1_000n };
  unwrap(await sut.ledger.openAccounts([issuer, ...accounts]));
  const made = await sut.ledger.createTransfers([
    { id: EARNED, debit: 'issuer', credit: OWED, amount: 150n, code: 'reward.earned' },
    { id: PAID, debit: OWED, credit: 'key:ada', amount: 100n, code: 'reward.paid', reference: 'epoch:1' },
    { id: RESERVED, debit: 'key:ada', credit: 'key:bob', amount: 5n, code: 'gift', kind: 'pending' },
    { id: FREED, kind: 'void', pendingId: RESERVED },
  ]);
  expect(unwrap(made).every(({ ok }) => ok)).toBe(true);
});
afterEach(() => sut.close());

const correct = (by: string, amount: bigint, transfer = PAID, using = corrections) =>
  using.correct({ transfer, amount }, { by, actor: 'acc_guardian', reason: 'paid twice' });
const codeOf = (outcome: Result<unknown>) => (outcome.ok ? 'made' : outcome.error.code);
const balances = () => Promise.all([OWED, 'key:ada'].map((id) => reader.spendable(id)));

/** The codes of fsck. @param statement done to the tables beforehand, behind the guards' backs */
async function findings(statement?: string): Promise<string[]> {
  const { dataSource, keys, stores, files, sequencer, folder } = sut;
  if (statement !== undefined)
    await dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL session_replication_role = replica');
      await manager.query(statement);
    });
  const registry = new FsckRegistry();
  new LedgerFsck(registry, dataSource, stores).onModuleInit();
  const config = testConfig({ dataDir: folder });
  const transactions = new Transactions(dataSource);
  const fsck = new Fsck(config, keys, dataSource, transactions, stores, files, sequencer, registry);
  const { findings: found } = await fsck.run({ repair: false, exclusive: true });
  return found.map(({ code }) => code).filter((code) => code.startsWith('LEDGER_'));
}

describe('corrections', () => {
  it('give back a part and then the rest, tell so in the log and in the statement, and stand up to fsck', async () => {
    const first = unwrap(await correct('task_1', 30n));
    expect(first).toMatchObject({ transfer: PAID, debit: 'key:ada', credit: OWED, amount: 30n });
    expect(await balances()).toEqual([80n, 70n]);
    await sut.logReader.waitFor(`transfer:${PAID}`, CORRECTION_ENTRY, PATIENCE_MS);
    const { leaf } = (await sut.logReader.leafOf(`transfer:${PAID}`, CORRECTION_ENTRY))!;
    expect(JSON.parse(leaf)).toMatchObject({
      ...{ actor: 'acc_guardian', data: { amount: '30', reason: 'paid twice', correction: first.id } },
    });
    unwrap(await correct('task_2', 70n));
    expect(await balances()).toEqual([150n, 0n]);
    const line = (await reader.transfer(PAID))!;
    expect([line.corrected, correctable(line)]).toEqual([100n, 0n]);
    expect(codeOf(await correct('task_3', 1n))).toBe('COMPENSATION_TOO_MUCH');
    const [newest] = await reader.statement((await reader.account('key:ada'))!, 1);
    expect(newest).toMatchObject({
      code: 'reward.corrected',
      reference: `transfer:${PAID}/task_2`,
      amount: 70n,
    });
    expect(await findings()).toEqual([]);
  });

  it('are made once for one cause, however often they are asked for', async () => {
    const [first, second] = [unwrap(await correct('task_1', 30n)), unwrap(await correct('task_1', 30n))];
    expect(second).toEqual(first);
    await Promise.all([correct('task_1', 30n), correct('task_1', 30n)]);
    expect(await balances()).toEqual([80n, 70n]);
  });

  it.each(['transfer', 'referringTo'] as const)(
    'are made once where another attempt makes the same one after the first has read %s',
    async (read) => {
      const late = new LedgerReader(sut.dataSource);
      let overtaken = false;
      late[read] = async (name) => {
        const found = await reader[read](name);
        if (!overtaken) {
          overtaken = true;
          unwrap(await correct('task_1', 30n));
        }
        return found;
      };
      const made = unwrap(await correct('task_1', 30n, PAID, new Corrections(sut.ledger, late, sut.log)));
      expect(made).toEqual(unwrap(await correct('task_1', 30n)));
      expect([overtaken, await balances()]).toEqual([true, [80n, 70n]]);
    },
  );

  it('never give back more than was paid, also by two servers at the same moment', async () => {
    const other = new Corrections(sut.secondServer(), reader, sut.log);
    const codes = await Promise.all([correct('task_1', 60n), correct('task_2', 60n, PAID, other)]);
    expect(codes.map(codeOf).sort()).toEqual(['COMPENSATION_TOO_MUCH', 'made']);
    expect(await balances()).toEqual([110n, 40n]);
    expect(codeOf(await correct('task_3', 40n))).toBe('made');
  });

  it('are refused where nothing was paid, for no amount, for too much, and without the money', async () => {
    for (const transfer of [EARNED, RESERVED, FREED])
      expect(codeOf(await correct('task_1', 1n, transfer))).toBe('COMPENSATION_NO_PAYMENT');
    expect(codeOf(await correct('task_1', 1n, transferId(9)))).toBe('TRANSFER_NOT_FOUND');
    for (const amount of [0n, -1n, 101n, LARGEST_AMOUNT, LARGEST_AMOUNT * 2n])
      expect(codeOf(await correct('task_1', amount))).toBe('COMPENSATION_TOO_MUCH');
    const spent = { id: transferId(5), debit: 'key:ada', credit: 'key:bob', amount: 90n, code: 'gift' };
    unwrap(await sut.ledger.createTransfers([spent]));
    expect(codeOf(await correct('task_1', 100n))).toBe('COMPENSATION_BALANCE');
    expect(await balances()).toEqual([50n, 10n]);
    expect(codeOf(await correct('task_1', 10n))).toBe('made');
  });

  it('are put right themselves by the same way', async () => {
    const { id } = unwrap(await correct('task_1', 100n));
    unwrap(await correct('task_2', 100n, id));
    expect(await balances()).toEqual([50n, 100n]);
    expect(codeOf(await correct('task_3', 1n))).toBe('COMPENSATION_TOO_MUCH');
  });

  it.each([
    ['corrects nothing', `reference = 'transfer:${'0'.repeat(32)}/x'`],
    ['corrects more than was paid', 'amount = 101'],
    [
      'corrects what it is not the reverse of',
      `credit = (SELECT number FROM ledger_accounts WHERE id = 'key:bob')`,
    ],
  ])('that %s is found by fsck', async (_, change) => {
    unwrap(await correct('task_1', 30n));
    const found = await findings(`UPDATE ledger_transfers SET ${change} WHERE code = 'reward.corrected'`);
    expect(found).toContain('LEDGER_CORRECTION_WRONG');
  });
});
