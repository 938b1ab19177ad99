import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { parse } from 'yaml';
import { Fsck, FsckRegistry } from '../../src/chain/index.js';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { canonicalJson, sha256Hex, unwrap, utf8ToBytes, type Json } from '../../src/common/index.js';
import { Transactions } from '../../src/database/index.js';
import type { ReceiptService } from '../../src/inference/index.js';
import { EpochFsck } from '../../src/rewards/epochs/epoch-fsck.js';
import { EpochRunner } from '../../src/rewards/epochs/epoch-runner.js';
import { EpochSettlement } from '../../src/rewards/epochs/epoch-settlement.js';
import { EpochStore } from '../../src/rewards/epochs/epoch-store.js';
import { EPOCH_ENTRY } from '../../src/rewards/epochs/leaf-kinds.js';
import { recomputeEpoch } from '../../src/rewards/epochs/recompute-epoch.js';
import { StoredEpochSource } from '../../src/rewards/epochs/stored-source.js';
import type { Ledger } from '../../src/rewards/ledger/ledger.js';
import { LedgerReader } from '../../src/rewards/ledger/ledger-reader.js';
import { BLY as BLY_ASSET, issuanceAccount, openYear } from '../../src/rewards/policy/issuance.js';
import { defaultRewardsFile } from '../../src/rewards/policy/policy-in-force.js';
import { parseRewardsPolicy } from '../../src/rewards/policy/rewards-policy.js';
import { Solvency, SOLVENCY_ENTRY } from '../../src/rewards/solvency/solvency.js';
import { verifySolvency } from '../../src/rewards/solvency/solvency-proof.js';
import { PATIENCE_MS, testConfig } from '../support/index.js';
import { TEST_NOW } from './chain-support.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

const AUTHOR = `02${'ab'.repeat(32)}`;
const HOUR_MS = 3_600_000;
const source = parse(readFileSync(defaultRewardsFile(), 'utf8')) as Json;
const policy = { current: unwrap(parseRewardsPolicy(source)), source };

let sut: LedgerUnderTest;
beforeEach(async () => {
  sut = await openLedger();
  sut.sequencer.onApplicationBootstrap();
});
afterEach(() => sut.close());

/** A runner of a server on the ledger; its clock is an hour ahead, so that whatever was logged is over. */
function aRunner(ledger = sut.ledger) {
  const { folder, dataSource, files, reader, keys, log, logReader } = sut;
  const answers = { many: () => Promise.resolve(new Map()) } as unknown as ReceiptService;
  const [store, gate] = [new EpochStore(dataSource), new AutonomyGate()];
  const facts = new StoredEpochSource(files, reader, answers);
  const settlement = new EpochSettlement(ledger, store, new Transactions(dataSource), log);
  const solvency = new Solvency(dataSource, keys, log);
  const config = testConfig({ dataDir: folder });
  const runner: EpochRunner = new EpochRunner(
    config,
    policy,
    gate,
    logReader,
    facts,
    store,
    settlement,
    solvency,
    sut.events,
    { now: () => runner.clock.now() },
  );
  runner.clock = { now: () => Date.now() + HOUR_MS };
  return { runner, store, gate, facts, solvency };
}

/** Publishes an accepted verdict and waits until the log has it. @param fall share by which the loss fell */
async function publishVerdict(submission: string, fall: number): Promise<void> {
  const { publisher, author, logReader } = sut;
  const facts = { submission, author: AUTHOR, accepted: true, datasets: [], figures: { overall: { fall } } };
  const payload = utf8ToBytes(canonicalJson(facts));
  const published = await publisher.appendLinear('D', async (head) => {
    const header = await author.create({
      ...{ chain: 'D', type: 'verdict', payload, payloadType: 'json', prevHash: head, timestamp: TEST_NOW },
    });
    return [{ header, payload }];
  });
  const [{ hash }] = unwrap(published);
  expect(await logReader.waitFor(hash, 'block', PATIENCE_MS)).not.toBeNull();
}

const balance = async (account: string) => {
  const found = await new LedgerReader(sut.dataSource).account(account);
  return found === null ? null : found.creditsPosted - found.debitsPosted;
};
const BLY = 10n ** 9n;

describe('epochs', () => {
  it('are paid once, with row, transfers and log entry, and worked out again to the unit', async () => {
    await publishVerdict('one', 0.025);
    const { runner, store, facts } = aRunner();
    const told: object[] = [];
    sut.events.on('epoch.settled', (notice) => told.push(notice));
    await runner.look();
    expect(await balance(`key:${AUTHOR}`)).toBe(450_000n * BLY);
    const epoch = (await store.newest())!;
    const logIndex = await sut.logReader.waitFor('epoch:1', EPOCH_ENTRY, PATIENCE_MS);
    expect(unwrap(await recomputeEpoch(facts, { ...epoch, logIndex }, null))).toMatchObject({ equal: true });

    await runner.look();
    const earned = String(450_000n * BLY);
    expect(told).toEqual([{ epoch: 1, earned, paid: earned }]);
    expect((await store.newest())!.epoch).toBe(1);
    await publishVerdict('two', 0.01);
    await runner.look();
    expect(await balance(`key:${AUTHOR}`)).toBe(630_000n * BLY);
    const second = (await store.newest())!;
    const secondIndex = await sut.logReader.waitFor('epoch:2', EPOCH_ENTRY, PATIENCE_MS);
    expect(
      unwrap(await recomputeEpoch(facts, { ...second, logIndex: secondIndex }, epoch.record)),
    ).toMatchObject({ equal: true, epoch: 2 });
  });

  it('are paid once by two servers at the same moment', async () => {
    await publishVerdict('one', 0.025);
    await Promise.all([aRunner().runner.look(), aRunner(sut.secondServer()).runner.look()]);
    await aRunner().runner.look();
    expect(await balance(`key:${AUTHOR}`)).toBe(450_000n * BLY);
    const rows = await sut.dataSource.query<{ count: string }[]>('SELECT count(*) FROM reward_epochs');
    expect(rows[0].count).toBe('1');
  });

  it('are told of once, by the server that paid them', async () => {
    await publishVerdict('one', 0.025);
    const told: object[] = [];
    sut.events.on('epoch.settled', (notice) => told.push(notice));
    const second = sut.secondServer();
    const submit: Ledger['submit'] = async (request) => {
      // The first server pays the epoch while this one is about to.
      await aRunner().runner.look();
      expect(told).toHaveLength(1);
      return second.submit(request);
    };
    await aRunner({ submit } as Ledger).runner.look();
    expect(told).toHaveLength(1);
    expect(await balance(`key:${AUTHOR}`)).toBe(450_000n * BLY);
  });

  it('do not begin a year because of leaves that a wrong clock has dated ahead, and do not wait for it', async () => {
    await publishVerdict('one', 0.025);
    const { runner, store, facts } = aRunner();
    // The leaves are of today, which is what a clock has said that was a year ahead of this one.
    const yearAgo = Date.now() - 366 * 24 * HOUR_MS;
    const [year, ahead] = [yearAgo, Date.now()].map((at) => new Date(at).getUTCFullYear());
    runner.clock = { now: () => yearAgo };
    store.now = () => Promise.resolve(yearAgo + HOUR_MS);
    await runner.look();
    expect(await store.newest()).toBeNull();
    runner.clock = { now: () => yearAgo + HOUR_MS };
    await runner.look();
    const epoch = (await store.newest())!;
    expect(epoch.record).toMatchObject({ dated: yearAgo + HOUR_MS, after: { year } });
    expect(await balance(`key:${AUTHOR}`)).toBe(450_000n * BLY);
    expect(await balance(issuanceAccount(ahead))).toBeNull();
    const logIndex = await sut.logReader.waitFor('epoch:1', EPOCH_ENTRY, PATIENCE_MS);
    expect(unwrap(await recomputeEpoch(facts, { ...epoch, logIndex }, null))).toMatchObject({ equal: true });
  });

  it.each(['server', 'database'])('wait where the clock of the %s alone is a year behind', async (slow) => {
    const told: unknown[] = [];
    const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text) => told.push(text));
    await publishVerdict('one', 0.025);
    const { runner, store } = aRunner();
    const now = Date.now();
    const yearAgo = now - 366 * 24 * HOUR_MS;
    const [own, database] = slow === 'server' ? [yearAgo, now] : [now, yearAgo];
    store.now = () => Promise.resolve(database);
    for (const hours of [0, 1, 2]) {
      runner.clock = { now: () => own + hours * HOUR_MS };
      await runner.look();
    }
    warnings.mockRestore();
    expect([await store.newest(), told]).toEqual([
      null,
      [expect.stringContaining(`an epoch waits to be paid: by the database's clock it is`)],
    ]);
    const right = aRunner();
    await right.runner.look();
    expect((await right.store.newest())!.record).not.toHaveProperty('dated');
  });

  it('are not kept where the ledger refuses to pay them', async () => {
    const year = openYear(policy.current, 2020);
    const other = { id: 'other', asset: BLY_ASSET };
    const taken = {
      ...{ id: sha256Hex('stemma epoch 1 1').slice(0, 32), amount: 1n, code: 'test' },
      ...{ debit: issuanceAccount(2020), credit: other.id },
    };
    const batch = { accounts: [...year.accounts, other], transfers: [...year.transfers, taken] };
    expect(unwrap(await sut.ledger.submit(batch)).transfers).toMatchObject([{ ok: true }, { ok: true }]);
    await publishVerdict('one', 0.025);
    const { runner, store } = aRunner();
    await runner.look();
    expect(await store.newest()).toBeNull();
    expect(await balance(`key:${AUTHOR}`)).toBe(0n);
    expect(await balance('rewards:owed')).toBe(0n);
    expect(await sut.logReader.indexOf('epoch:1', EPOCH_ENTRY)).toBeNull();
  });

  it('wait while automatic action is stopped', async () => {
    await publishVerdict('one', 0.025);
    const { runner, gate, store } = aRunner();
    const open = gate.guardBy(() => ({ allowed: false, reason: 'stopped' }));
    await runner.look();
    expect(await store.newest()).toBeNull();
    open();
    await runner.look();
    expect(await store.newest()).not.toBeNull();
  });

  it('cannot be changed or removed', async () => {
    await publishVerdict('one', 0.025);
    await aRunner().runner.look();
    const changes = [
      'UPDATE reward_epochs SET number = 2',
      'DELETE FROM reward_epochs',
      'TRUNCATE reward_epochs',
    ];
    for (const statement of changes)
      await expect(sut.dataSource.query(statement)).rejects.toThrow(/only grows/);
  });
});

/** The codes of fsck, with a statement done to the table beforehand behind its guard's back. */
async function findings(statement?: string): Promise<string[]> {
  const { dataSource, keys, stores, files, sequencer, folder } = sut;
  if (statement !== undefined)
    await dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL session_replication_role = replica');
      await manager.query(statement);
    });
  const registry = new FsckRegistry();
  new EpochFsck(registry, new EpochStore(dataSource)).onModuleInit();
  const config = testConfig({ dataDir: folder });
  const transactions = new Transactions(dataSource);
  const fsck = new Fsck(config, keys, dataSource, transactions, stores, files, sequencer, registry);
  return (await fsck.run({ repair: false, exclusive: true })).findings.map(({ code }) => code);
}

describe('fsck of epochs', () => {
  beforeEach(async () => {
    await publishVerdict('one', 0.025);
    await aRunner().runner.look();
    await sut.logReader.waitFor('epoch:1', EPOCH_ENTRY, PATIENCE_MS);
  });

  it('finds nothing where the records are those in the log', async () => {
    expect(await findings()).toEqual([]);
  });

  it.each([
    [`UPDATE reward_epochs SET record = replace(record, '450000', '950000')`, 'EPOCH_ALTERED'],
    [`UPDATE reward_epochs SET hash = repeat('0', 64)`, 'EPOCH_ALTERED'],
    ['DELETE FROM reward_epochs', 'EPOCH_MISSING'],
  ])('finds what %s leaves', async (statement, code) => {
    expect(await findings(statement)).toEqual([code]);
  });
});

describe('solvency', () => {
  it('is proven for every account by a root that is in the log', async () => {
    await publishVerdict('one', 0.025);
    const { runner, solvency } = aRunner();
    await runner.look();
    const totals = unwrap(await solvency.totals());
    expect(totals.sum).toBe(totals.issued);
    expect(await sut.logReader.waitFor(totals.block, SOLVENCY_ENTRY, PATIENCE_MS)).not.toBeNull();
    for (const account of [`key:${AUTHOR}`, 'rewards:owed']) {
      const proof = unwrap(await solvency.proof(account));
      expect(verifySolvency(proof)).toMatchObject({ ok: true, value: { root: totals.root, account } });
    }
    expect(await solvency.proof('issuer')).toMatchObject({ error: { code: 'LEDGER_ACCOUNT_NOT_FOUND' } });
  });

  it('has nothing to prove before the first account', async () => {
    expect(await aRunner().solvency.totals()).toMatchObject({ ok: false, error: { code: 'SOLVENCY_EMPTY' } });
  });
});
