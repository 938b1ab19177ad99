import { FsckRegistry } from '../../src/chain/index.js';
import { ok, sha256Hex, unwrap } from '../../src/common/index.js';
import { AnswerFees, type Receipt } from '../../src/inference/index.js';
import { PayerNames } from '../../src/inference/receipts/payer-names.js';
import { ReceiptStore, type StoredReceipt } from '../../src/inference/receipts/receipt-store.js';
import { ReceiptWriter } from '../../src/inference/receipts/receipt-writer.js';
import { Findings } from '../../src/log/index.js';
import { computeEpoch, sumOf } from '../../src/rewards/epochs/compute-epoch.js';
import { firstState } from '../../src/rewards/epochs/epoch-state.js';
import type { EpochSource } from '../../src/rewards/epochs/epoch-source.js';
import { leavesIn } from '../../src/rewards/epochs/log-leaves.js';
import { epochInput } from '../../src/rewards/epochs/read-input.js';
import { FeeDesk } from '../../src/rewards/fees/fee-desk.js';
import { FeeFsck } from '../../src/rewards/fees/fee-fsck.js';
import { FeeReleases } from '../../src/rewards/fees/fee-releases.js';
import { FEES, feeTransferId } from '../../src/rewards/fees/fee-transfers.js';
import { LedgerReader } from '../../src/rewards/ledger/ledger-reader.js';
import { parseBly } from '../../src/rewards/policy/fixed-point.js';
import { BLY, issuanceAccount, openYear } from '../../src/rewards/policy/issuance.js';
import {
  defaultRewardsFile,
  readRewardsPolicy,
  type PolicyInForce,
} from '../../src/rewards/policy/policy-in-force.js';
import { ADA, EXPERT_OF, MemoryEpochSource, RELEASE } from '../factories/epoch-source.js';
import { PATIENCE_MS } from '../support/index.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

const shipped = unwrap(readRewardsPolicy(defaultRewardsFile()));
const FEE = parseBly('0.001')!;
const policy = { ...shipped, usage: { ...shipped.usage, fee: FEE } };
const EXPIRED_MS = 7_200_001;

let sut: LedgerUnderTest;
beforeEach(async () => {
  sut = await openLedger();
  sut.sequencer.onApplicationBootstrap();
});
afterEach(() => sut.close());

/** A server on the ledger that collects a fee, or by another policy. */
function aServer(ledger = sut.ledger, current = policy) {
  const answers = new AnswerFees();
  const releases = new FeeReleases(ledger);
  new FeeDesk({ current } as PolicyInForce, ledger, sut.log, answers, releases).onModuleInit();
  const store = new ReceiptStore(sut.dataSource);
  return { answers, writer: new ReceiptWriter(sut.log, store, new PayerNames(sut.keys)), store };
}

/** Gives somebody so many fees. */
async function fill(name: string, fees: bigint): Promise<void> {
  const year = openYear(policy, 2026);
  const account = { id: `account:${name}`, asset: BLY };
  const gift = {
    ...{ id: sha256Hex(`gift ${name}`).slice(0, 32), code: 'gift', amount: fees * FEE },
    ...{ debit: issuanceAccount(2026), credit: account.id },
  };
  const batch = { accounts: [...year.accounts, account], transfers: [...year.transfers, gift] };
  const made = unwrap(await sut.ledger.submit(batch)).transfers;
  expect(made.filter((transfer) => !transfer.ok)).toEqual([]);
}

/** An answer that Ada's expert has computed. */
function anAnswer(number: number): Receipt {
  const at = 1_763_600_000_000;
  return {
    ...{ id: `rcpt_${sha256Hex(`answer ${number}`).slice(0, 32)}`, release: RELEASE, kernel: 'k', node: 'n' },
    experts: [{ name: 'e', block: EXPERT_OF[ADA], tokens: 10 }],
    ...{ output: { tokens: 10 }, started_at: at, finished_at: at },
  } as unknown as Receipt;
}

/** The same as the server stores it. */
function storedBy(owner: string, receipt: Receipt): StoredReceipt {
  const evidence = { prompt_ids: [1] } as unknown as StoredReceipt['evidence'];
  return { receipt, evidence, owner, model: 'genesis', version: '1.0.0' };
}

/** Asks as the service does. @returns the code of the refusal, null where it was answered */
async function ask(server: ReturnType<typeof aServer>, owner: string, receipt: Receipt) {
  const done = await server.answers.during(owner, 1, async ([fee]) => {
    await server.writer.write(storedBy(owner, receipt), fee);
    return ok();
  });
  return done.ok ? null : done.error.code;
}

const reader = () => new LedgerReader(sut.dataSource);
const balance = async (account: string) => {
  const found = await reader().account(account);
  return found === null ? null : found.creditsPosted - found.debitsPosted;
};
/** Leaves of receipts in the log, once that many are there. */
async function receiptLeaves(receipts: readonly Receipt[]) {
  for (const { id } of receipts)
    expect(await sut.logReader.waitFor(id, 'receipt', PATIENCE_MS)).not.toBeNull();
  const { size } = await sut.logReader.checkpoint();
  const bundles: EpochSource['bundles'] = (index, width) =>
    sut.files.read({ level: 'entries', index, width });
  const leaves = [];
  for await (const leaf of leavesIn(bundles, { first: 0, end: size }))
    if (leaf.kind === 'receipt') leaves.push(leaf);
  return { leaves, bundles, size };
}

describe('the fee of an answer', () => {
  it('is taken with its receipt, once, and the log says so', async () => {
    await fill('ann', 3n);
    const [server, receipt] = [aServer(), anAnswer(1)];
    expect(await ask(server, 'ann', receipt)).toBeNull();
    expect(await ask(server, 'ann', receipt)).toBeNull();
    expect([await balance('account:ann'), await balance(FEES)]).toEqual([2n * FEE, FEE]);
    expect(await reader().spendable('account:ann')).toBe(2n * FEE);
    const line = await reader().transfer(feeTransferId(receipt.id));
    expect(line).toMatchObject({ kind: 'post', code: 'usage.fee', reference: receipt.id, amount: FEE });
    const { leaves } = await receiptLeaves([receipt]);
    expect(leaves).toMatchObject([{ subject: receipt.id, data: { fee: String(FEE) } }]);
  });

  it('is refused before anything is computed where the account has too little, also to many at once', async () => {
    await fill('ann', 3n);
    const servers = [aServer(), aServer(sut.secondServer())];
    const codes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => ask(servers[i % 2], 'ann', anAnswer(i))),
    );
    expect(codes.filter((code) => code === null)).toHaveLength(3);
    expect(new Set(codes)).toEqual(new Set([null, 'FEE_EXCEEDS_BALANCE']));
    expect([await balance('account:ann'), await balance(FEES)]).toEqual([0n, 3n * FEE]);
    expect(await ask(servers[0], 'nobody', anAnswer(9))).toBe('FEE_EXCEEDS_BALANCE');
    const refused = await servers[0].answers.during('nobody', 2, () => Promise.reject(new Error('computed')));
    expect(refused).toMatchObject({ error: { status: 402, facts: { needed: String(2n * FEE) } } });
  });

  it('is not taken where no receipt is stored, nor is a receipt stored without it', async () => {
    await fill('ann', 2n);
    const server = aServer();
    await expect(
      server.answers.during('ann', 2, ([fee]) =>
        fee.take('rcpt_x', () => Promise.reject(new Error('the disk is full'))).then(() => ok()),
      ),
    ).rejects.toThrow('the disk is full');
    expect([await balance('account:ann'), await balance(FEES)]).toEqual([2n * FEE, 0n]);
    // What was reserved is free again.
    expect(await reader().spendable('account:ann')).toBe(2n * FEE);
    const late = server.answers.during('ann', 1, async ([fee]) => {
      sut.time.now += EXPIRED_MS;
      await server.writer.write(storedBy('ann', anAnswer(1)), fee);
      return ok();
    });
    await expect(late).rejects.toThrow('PENDING_TRANSFER_EXPIRED');
    expect(await server.store.find(anAnswer(1).id)).toBeNull();
    expect(await balance(FEES)).toBe(0n);
  });

  it('is nothing as the installation is shipped, where others collect it, and at the own shell', async () => {
    const elsewhere = { ...policy, usage: { ...policy.usage, feeBy: 'elsewhere' as const } };
    const asked = [anAnswer(1), anAnswer(2), anAnswer(3)];
    expect(await ask(aServer(sut.ledger, shipped), 'ann', asked[0])).toBeNull();
    expect(await ask(aServer(sut.ledger, elsewhere), 'ann', asked[1])).toBeNull();
    expect(await ask(aServer(), 'command', asked[2])).toBeNull();
    const { leaves } = await receiptLeaves(asked);
    expect(leaves.map(({ data }) => 'fee' in data)).toEqual([false, false, false]);
    expect(await balance(FEES)).toBeNull();
  });

  it('is more than what one earns by asking oneself', async () => {
    const [server, facts] = [aServer(), new MemoryEpochSource()];
    const accounts = ['me', 'myself'];
    for (const name of accounts) await fill(name, 20n);
    const asked = Array.from({ length: 40 }, (_, i) => anAnswer(i));
    for (const [i, receipt] of asked.entries()) {
      expect(await ask(server, accounts[i % 2], receipt)).toBeNull();
      facts.stored.set(receipt.id, receipt);
    }
    const { bundles, size } = await receiptLeaves(asked);
    const source = {
      ...{ bundles, block: facts.block, header: facts.header, receipts: facts.receipts },
      sha256: facts.sha256,
    } satisfies EpochSource;
    const { input } = unwrap(await epochInput(source, { first: 0, end: size }, policy.usage));
    const best = { ...firstState(policy), beta: policy.beta.most };
    const { earned } = computeEpoch(input, policy, best);
    const paid = await balance(FEES);
    expect([paid, earned.map(({ account }) => account)]).toEqual([40n * FEE, [`key:${ADA}`]]);
    expect(sumOf(earned)).toBeGreaterThan(0n);
    expect(sumOf(earned) * 2n).toBeLessThan(paid!);
  });
});

describe('fsck of fees', () => {
  const codes = async (
    leaves: Awaited<ReturnType<typeof receiptLeaves>>['leaves'],
    { complete = true, logSize = Number.MAX_SAFE_INTEGER } = {},
  ) => {
    const check = new FeeFsck(new FsckRegistry(), sut.dataSource);
    leaves.forEach((leaf, index) => check.visitLeaf(index, leaf));
    const findings = new Findings();
    await check.run({ logSize, complete, blocks: new Map() }, findings);
    return findings.list.map(({ code, subject }) => [code, subject]);
  };

  it('finds an answer that the log says was paid for and was not, or not so much', async () => {
    await fill('ann', 2n);
    const asked = [anAnswer(1), anAnswer(2)];
    for (const receipt of asked) expect(await ask(aServer(), 'ann', receipt)).toBeNull();
    const { leaves } = await receiptLeaves(asked);
    expect(await codes(leaves)).toEqual([]);
    const [first, second] = leaves;
    const more = { ...first, data: { ...first.data, fee: String(FEE + 1n) } };
    const unheard = { ...second, subject: anAnswer(3).id };
    expect(await codes([more, second, unheard])).toEqual([
      ['FEE_NOT_TAKEN', first.subject],
      ['FEE_NOT_TAKEN', unheard.subject],
    ]);
  });

  it('finds a fee that was taken and that the log does not tell of', async () => {
    await fill('ann', 4n);
    const [server, asked] = [aServer(), [anAnswer(1), anAnswer(2)]];
    for (const receipt of asked) expect(await ask(server, 'ann', receipt)).toBeNull();
    const { leaves } = await receiptLeaves(asked);
    const [first, second] = leaves;
    // A leaf that says nothing of a fee, and one that is not there.
    const free = { ...first, data: { ...first.data, fee: undefined } };
    expect(await codes([free as never])).toEqual([
      ['FEE_NOT_LOGGED', first.subject],
      ['FEE_NOT_LOGGED', second.subject],
    ]);
    // Where the log could not be read whole, nothing is known of what it lacks; and an entry may still wait for its place.
    expect(await codes([first], { complete: false })).toEqual([]);
    expect(await codes([first], { logSize: 0 })).toEqual([]);
  });

  it('finds a fee that was taken for no receipt, or under another id than its own', async () => {
    await fill('ann', 2n);
    const id = (word: string) => sha256Hex(word).slice(0, 32);
    const taken = ['one', undefined].flatMap((reference, i) => [
      {
        ...{ id: id(`reserved ${i}`), kind: 'pending' as const, debit: 'account:ann', credit: FEES },
        ...{ amount: FEE, code: 'usage.fee', timeout: 60 },
      },
      { id: id(`taken ${i}`), kind: 'post' as const, pendingId: id(`reserved ${i}`), reference },
    ]);
    const batch = { accounts: [{ id: FEES, asset: BLY }], transfers: taken };
    const made = unwrap(await sut.ledger.submit(batch)).transfers;
    expect(made.filter((transfer) => !transfer.ok)).toEqual([]);
    expect(await codes([])).toEqual([
      ['FEE_NOT_LOGGED', 'one'],
      ['FEE_NOT_LOGGED', id('taken 1')],
    ]);
  });
});
