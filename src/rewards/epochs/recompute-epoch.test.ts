import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ADA, BOB, MemoryEpochSource, OPERATOR } from '../../../test/factories/epoch-source.js';
import { hashJson, unwrap, type Json } from '../../common/index.js';
import { defaultRewardsFile } from '../policy/policy-in-force.js';
import { parseRewardsPolicy } from '../policy/rewards-policy.js';
import { epochOf, readRecord, type ComputedEpoch } from './epoch-record.js';
import { EPOCH_ENTRY } from './leaf-kinds.js';
import { epochInput } from './read-input.js';
import { recomputeEpoch, type PublishedEpoch, type RecomputeProgress } from './recompute-epoch.js';

const policy = parse(readFileSync(defaultRewardsFile(), 'utf8')) as Json;
const { usage } = unwrap(parseRewardsPolicy(policy));
const AT = Date.UTC(2026, 5, 1);
const payer = (letter: string) => letter.repeat(32);
const FEE = '1000000';

/** Works out the next epoch as a server does, and puts it into the log. */
async function publish(source: MemoryEpochSource, before: PublishedEpoch | null): Promise<PublishedEpoch> {
  const from = before === null ? null : unwrap(readRecord(before.record));
  const range = { first: from?.range.end ?? 0, end: source.leaves.length };
  const place = {
    ...{ epoch: (from?.epoch ?? 0) + 1, range, root: source.rootAt(range.end) },
    ...{ previous: before?.hash ?? null, policy },
  };
  const input = unwrap(await epochInput(source, range, usage));
  const { hash, record }: ComputedEpoch = unwrap(epochOf(place, input, from?.after ?? null));
  const entry = { kind: EPOCH_ENTRY, subject: `epoch:${place.epoch}`, hash };
  return { hash, record, logIndex: source.append(entry, AT) };
}

/** A log with two epochs. */
async function twoEpochs() {
  const source = new MemoryEpochSource();
  const tokens = { [ADA]: 3, [OPERATOR]: 1 };
  for (let i = 0; i < 300; i++)
    source.answer({ payer: payer(i % 2 === 0 ? '1' : '2'), tokens, time: AT + i, fee: FEE });
  source.verdict({ author: BOB, fall: 0.05, datasets: [source.dataset('eve', 0.1)] }, AT + 400);
  const first = await publish(source, null);
  source.answer({ payer: payer('3'), tokens: { [BOB]: 5 }, time: AT + 500 });
  const second = await publish(source, first);
  return { source, first, second };
}

const codeOf = async (...asked: Parameters<typeof recomputeEpoch>) => {
  const outcome = await recomputeEpoch(...asked);
  return outcome.ok ? outcome.value.equal : outcome.error.code;
};

describe('an epoch that is worked out again', () => {
  it('comes to the same hash, from the log and what it names alone', async () => {
    const { source, first, second } = await twoEpochs();
    expect(await codeOf(source, first, null)).toBe(true);
    expect(await codeOf(source, second, first.record)).toBe(true);
    expect(first.record).toMatchObject({
      input: { verdicts: 1, answers: 300, scores: 0 },
      earned: [{}, {}, {}, { kind: 'usage', account: `key:${ADA}` }],
      // Two payers and 300 answers are fewer than the targets; both move by a step.
      after: { alpha: '950000', beta: '950000' },
      paid: [{ account: `key:${BOB}`, amount: '810000000000000' }, { account: 'account:eve' }],
    });
  });

  it('names its input by the hash of its canonical JSON', async () => {
    const { source, first } = await twoEpochs();
    const { range } = unwrap(readRecord(first.record));
    const { input, hash } = unwrap(await epochInput(source, range, usage));
    expect(input.answers).toHaveLength(300);
    expect([hash, first.record]).toEqual([
      hashJson(input as unknown as Json),
      expect.objectContaining({ input: { hash, verdicts: 1, answers: 300, scores: 0 } }),
    ]);
  });

  it('tells how many leaves it has hashed and read', async () => {
    const { source, second, first } = await twoEpochs();
    const told: RecomputeProgress[] = [];
    unwrap(await recomputeEpoch(source, second, first.record, (progress) => told.push(progress)));
    const { range } = unwrap(readRecord(second.record));
    const of = range.end - range.first;
    expect(told).toEqual([
      { stage: 'log', done: 256, of: range.end },
      { stage: 'log', done: range.end, of: range.end },
      { stage: 'epoch', done: 0, of },
    ]);
  });

  it('does not where somebody was paid more, less or instead', async () => {
    const { source, first } = await twoEpochs();
    const record = JSON.parse(JSON.stringify(first.record)) as { paid: { account: string }[] };
    record.paid[0].account = `key:${OPERATOR}`;
    const forged = record as unknown as Json;
    const hash = hashJson(forged);
    const logIndex = source.append({ kind: EPOCH_ENTRY, subject: 'epoch:1', hash }, AT);
    expect(await codeOf(source, { hash, record: forged, logIndex }, null)).toBe(false);
    // A record that is shown under the hash of another one.
    expect(await codeOf(source, { ...first, record: forged }, null)).toBe(false);
    const unlogged = { hash, record: forged, logIndex: first.logIndex };
    expect(await codeOf(source, unlogged, null)).toBe('EPOCH_NOT_LOGGED');
  });

  it('is refused where log, receipts or the epoch before are not what it was worked out from', async () => {
    const { source, first, second } = await twoEpochs();
    expect(await codeOf(source, second, null)).toBe('EPOCH_CHAIN');
    expect(await codeOf(source, second, second.record)).toBe('EPOCH_CHAIN');
    expect(await codeOf(source, { ...first, logIndex: null }, null)).toBe('EPOCH_NOT_LOGGED');
    expect(await codeOf(source, { ...first, logIndex: second.logIndex }, null)).toBe('EPOCH_NOT_LOGGED');
    const [id] = source.stored.keys();
    const receipt = source.stored.get(id)!;
    source.stored.set(id, { ...receipt, finished_at: receipt.finished_at + 1 });
    expect(await codeOf(source, first, null)).toBe('EPOCH_FACTS');
    source.leaves[7] = source.leaves[8];
    expect(await codeOf(source, first, null)).toBe('LOG_ROOT_WRONG');
  });

  it('keeps a year from beginning where it says so, and never begins one', async () => {
    const source = new MemoryEpochSource();
    source.verdict({ author: BOB, fall: 0.05, datasets: [] }, AT);
    const range = { first: 0, end: source.leaves.length };
    const input = unwrap(await epochInput(source, range, usage));
    const yearOf = async (dated?: number) => {
      const place = { ...{ epoch: 1, range, root: source.rootAt(range.end), previous: null, policy } };
      const { payouts, record } = unwrap(
        epochOf(dated === undefined ? place : { ...place, dated }, input, null),
      );
      expect(unwrap(readRecord(record)).dated).toBe(dated);
      return payouts.after.year;
    };
    expect([
      await yearOf(),
      await yearOf(Date.UTC(2025, 11, 31)),
      await yearOf(Date.UTC(2027, 0, 1)),
    ]).toEqual([2026, 2025, 2026]);
  });

  it('is read from records of the first version only', async () => {
    const { first } = await twoEpochs();
    const record = first.record as Readonly<Record<string, Json>>;
    const refused = { ok: false, error: { code: 'EPOCH_RECORD' } };
    const changes = [
      { format: 'stemma.epoch.v2' },
      { end: 0 },
      { root: 'x' },
      { after: null },
      { epoch: 0 },
      { dated: -1 },
    ];
    for (const change of changes) expect(readRecord({ ...record, ...change })).toMatchObject(refused);
    expect(readRecord(null).ok).toBe(false);
  });
});
