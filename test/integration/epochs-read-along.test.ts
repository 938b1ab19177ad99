import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { parse } from 'yaml';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { unwrap, type Json } from '../../src/common/index.js';
import { Transactions } from '../../src/database/index.js';
import { receiptHash } from '../../src/inference/receipt/index.js';
import { EpochRunner } from '../../src/rewards/epochs/epoch-runner.js';
import { EpochSettlement } from '../../src/rewards/epochs/epoch-settlement.js';
import type { EpochSource } from '../../src/rewards/epochs/epoch-source.js';
import { EpochStore } from '../../src/rewards/epochs/epoch-store.js';
import { EPOCH_ENTRY } from '../../src/rewards/epochs/leaf-kinds.js';
import { recomputeEpoch } from '../../src/rewards/epochs/recompute-epoch.js';
import type { StoredEpochSource } from '../../src/rewards/epochs/stored-source.js';
import { defaultRewardsFile } from '../../src/rewards/policy/policy-in-force.js';
import { parseRewardsPolicy } from '../../src/rewards/policy/rewards-policy.js';
import { Solvency } from '../../src/rewards/solvency/solvency.js';
import { ADA, MemoryEpochSource } from '../factories/epoch-source.js';
import { PATIENCE_MS, testConfig } from '../support/index.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

const MINUTE_MS = 60_000;
const HALF_HOUR_MS = 30 * MINUTE_MS;
/** When the first half hour begins, ms since the epoch. */
const BEGIN = 1_763_600_400_000;
const FEE = '1000000';

const shipped = readFileSync(defaultRewardsFile(), 'utf8');
const source = parse(shipped.replace(`fee: '0'`, `fee: '0.001'`)) as Json;
const policy = { current: unwrap(parseRewardsPolicy(source)), source };

let sut: LedgerUnderTest;
beforeEach(async () => {
  sut = await openLedger();
  sut.leafTime.now = () => BEGIN;
  sut.sequencer.onApplicationBootstrap();
});
afterEach(() => sut.close());

/** A runner on the log and the ledger, with the receipts and blocks of a story, and how many receipts it asked for at each time. */
function aRunner() {
  const { folder, dataSource, files, keys, log, logReader, ledger, events } = sut;
  const story = new MemoryEpochSource();
  const receipts = jest.fn(story.receipts);
  const facts = {
    ...{ block: story.block, header: story.header, receipts, sha256: story.sha256 },
    bundles: (index, width) => files.read({ level: 'entries', index, width }),
  } satisfies EpochSource as unknown as StoredEpochSource;
  const store = new EpochStore(dataSource);
  const settlement = new EpochSettlement(ledger, store, new Transactions(dataSource), log);
  const solvency = new Solvency(dataSource, keys, log);
  const config = testConfig({ dataDir: folder });
  const gate = new AutonomyGate();
  const paying = [store, settlement, solvency, events] as const;
  const shared = { now: () => BEGIN };
  const runner = new EpochRunner(config, policy, gate, logReader, facts, ...paying, shared);
  /** Looks for the end of an epoch at that time. @param own what the server's own clock says @returns the newest epoch */
  const lookAt = async (now: number, own = now) => {
    shared.now = () => now;
    runner.clock = { now: () => own };
    await runner.look();
    return store.newest();
  };
  const asked = () => receipts.mock.calls.map(([ids]) => ids.length);
  return { story, receipts, facts, lookAt, asked };
}

/** Logs paid answers of that time. @returns the leaf of the last one */
async function logAnswers(story: MemoryEpochSource, count: number, time: number): Promise<number> {
  sut.leafTime.now = () => time;
  const entries = Array.from({ length: count }, () => {
    const data = { payer: 'a'.repeat(32), fee: FEE };
    const { receipt } = story.answer({ ...data, tokens: { [ADA]: 10 }, time });
    return {
      kind: 'receipt',
      subject: receipt,
      actor: 'n',
      hash: receiptHash(story.stored.get(receipt)!),
      data,
    };
  });
  await sut.log.appendGrouped(entries, () => Promise.resolve());
  const last = entries[count - 1].subject;
  return (await sut.logReader.waitFor(last, 'receipt', PATIENCE_MS))!;
}

/** Works an epoch out again from the log. @param before the record of the one before */
async function again(facts: StoredEpochSource, epoch: Newest, before: Json | null) {
  const logIndex = await sut.logReader.waitFor(`epoch:${epoch.epoch}`, EPOCH_ENTRY, PATIENCE_MS);
  return unwrap(await recomputeEpoch(facts, { ...epoch, logIndex }, before));
}
type Newest = NonNullable<Awaited<ReturnType<EpochStore['newest']>>>;

describe('an epoch that is read along', () => {
  it('has every answer of its half hour once, however the looks fall, and none of the next', async () => {
    const { story, facts, lookAt, asked } = aRunner();
    await logAnswers(story, 40, BEGIN + MINUTE_MS);
    expect([await lookAt(BEGIN + 2 * MINUTE_MS), asked()]).toEqual([null, [32]]);
    await logAnswers(story, 30, BEGIN + 3 * MINUTE_MS);
    expect([await lookAt(BEGIN + 4 * MINUTE_MS), asked()]).toEqual([null, [32, 32]]);
    const boundary = await logAnswers(story, 1, BEGIN + HALF_HOUR_MS);
    await logAnswers(story, 1, BEGIN + HALF_HOUR_MS + MINUTE_MS);
    const first = (await lookAt(BEGIN + HALF_HOUR_MS + 2 * MINUTE_MS))!;
    expect([first.epoch, asked()]).toEqual([1, [32, 32, 6]]);
    expect(first.record).toMatchObject({ end: boundary, input: { answers: 70 } });
    expect(await again(facts, first, null)).toMatchObject({ equal: true });

    const second = (await lookAt(BEGIN + 2 * HALF_HOUR_MS + MINUTE_MS))!;
    expect(second.record).toMatchObject({ epoch: 2, first: boundary, input: { answers: 2 } });
    expect(second.record).toMatchObject({ earned: [{ account: `key:${ADA}`, kind: 'usage' }] });
    expect(await again(facts, second, first.record)).toMatchObject({ equal: true });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('the database is gone'))],
    ['lacks a receipt', () => Promise.resolve(new Map())],
  ])('goes on where it was where its source %s amid a page', async (_, broken) => {
    const { story, receipts, facts, lookAt, asked } = aRunner();
    await logAnswers(story, 40, BEGIN + MINUTE_MS);
    await lookAt(BEGIN + 2 * MINUTE_MS);
    await logAnswers(story, 30, BEGIN + 3 * MINUTE_MS);
    receipts.mockImplementationOnce(broken);
    expect([await lookAt(BEGIN + 4 * MINUTE_MS), asked()]).toEqual([null, [32, 32]]);
    expect([await lookAt(BEGIN + 5 * MINUTE_MS), asked().slice(2)]).toEqual([null, [32]]);
    const first = (await lookAt(BEGIN + HALF_HOUR_MS + MINUTE_MS))!;
    expect([first.epoch, asked().slice(3)]).toEqual([1, [6]]);
    expect(first.record).toMatchObject({ input: { answers: 70 } });
    expect(await again(facts, first, null)).toMatchObject({ equal: true });
  });

  it.each([
    ['ahead', 5],
    ['behind', -5],
  ])('ends with its half hour on a server whose own clock is five minutes %s', async (_, minutes) => {
    const { story, facts, lookAt } = aRunner();
    const look = (now: number) => lookAt(now, now + minutes * MINUTE_MS);
    await logAnswers(story, 10, BEGIN + MINUTE_MS);
    expect(await look(BEGIN + 27 * MINUTE_MS)).toBeNull();
    await logAnswers(story, 5, BEGIN + 28 * MINUTE_MS);
    const first = (await look(BEGIN + HALF_HOUR_MS + 10_000))!;
    expect(first.record).toMatchObject({ epoch: 1, input: { answers: 15 } });
    expect(await again(facts, first, null)).toMatchObject({ equal: true });
  });
});
