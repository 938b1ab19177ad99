import { ADA, BOB, MemoryEpochSource, OPERATOR } from '../../../test/factories/epoch-source.js';
import { hashJson, sha256Hex, unwrap, type Json } from '../../common/index.js';
import { defaultRewardsFile, readRewardsPolicy } from '../policy/policy-in-force.js';
import type { UsagePolicy } from '../policy/rewards-policy.js';
import { leavesIn } from './log-leaves.js';
import { epochInput, EpochReading } from './read-input.js';

const { usage } = unwrap(readRewardsPolicy(defaultRewardsFile()));
const ALL_PAID: UsagePolicy = { ...usage, feeBy: 'elsewhere', fee: 1n };

const payer = (letter: string) => letter.repeat(32);
const read = async (source: MemoryEpochSource, first = 0) =>
  unwrap(await epochInput(source, { first, end: source.leaves.length }, ALL_PAID)).input;

describe('the input of an epoch', () => {
  it('names the authors of an answer by what they computed, without the operator', async () => {
    const source = new MemoryEpochSource();
    const tokens = { [OPERATOR]: 50, [BOB]: 30, [ADA]: 20 };
    source.answer({ payer: payer('1'), tokens, time: 1_000, tookMs: 250 });
    source.append({ kind: 'receipt', subject: 'of before payers were named' }, 2_000);
    const { answers, at } = await read(source);
    expect(at).toBe(2_000);
    expect(answers).toEqual([expect.objectContaining({ payer: payer('1'), finishedAt: 1_000, tookMs: 250 })]);
    expect(answers[0].parts).toEqual([
      { author: ADA, part: 200_000 },
      { author: BOB, part: 300_000 },
    ]);
  });

  it('says of an answer what its leaf says was taken for it, where the server collects', async () => {
    const source = new MemoryEpochSource();
    const story = { payer: payer('1'), tokens: { [ADA]: 10 }, time: 1 };
    for (const fee of ['1000000', undefined, '0', '-1', '1e3']) source.answer({ ...story, fee });
    const by = async (feeBy: UsagePolicy['feeBy']) =>
      unwrap(await epochInput(source, { first: 0, end: 5 }, { ...ALL_PAID, feeBy }));
    const [server, elsewhere] = [await by('server'), await by('elsewhere')];
    expect(server.input.answers).toMatchObject([{ leaf: 0, fee: '1000000' }]);
    expect(elsewhere.input.answers.map((answer) => 'fee' in answer)).toEqual(Array<boolean>(5).fill(false));
    expect(elsewhere.hash).toBe(hashJson(elsewhere.input as unknown as Json));
    expect(server.hash).not.toBe(elsewhere.hash);
  });

  it('keeps only answers that were paid for, and names them all', async () => {
    const source = new MemoryEpochSource();
    const story = { payer: payer('1'), tokens: { [ADA]: 10 }, time: 1 };
    for (const fee of [undefined, '1000000', undefined]) source.answer({ ...story, fee });
    const range = { first: 0, end: 3 };
    const [few, all] = [
      unwrap(await epochInput(source, range, { ...usage, feeBy: 'server' })),
      unwrap(await epochInput(source, range, ALL_PAID)),
    ];
    expect([few.input.answers.map(({ leaf }) => leaf), few.answers]).toEqual([[1], 3]);
    const answers = all.input.answers.map((answer) => (answer.leaf === 1 ? few.input.answers[0] : answer));
    expect(few.hash).toBe(hashJson({ ...all.input, answers } as unknown as Json));
  });

  it('is the same read along, looked at in between, and read at once', async () => {
    const source = new MemoryEpochSource();
    for (let i = 0; i < 70; i++) source.answer({ payer: payer('1'), tokens: { [ADA]: 10 }, time: i });
    source.verdict({ author: ADA, fall: 0.1 }, 80);
    const reading = new EpochReading(source, 0, ALL_PAID);
    const at = async (end: number) => {
      const one = unwrap(await reading.end(end));
      return [one.hash, one.answers, one.input.answers.length, one.input.at];
    };
    const whole = async (end: number) => {
      const one = unwrap(await epochInput(source, { first: 0, end }, ALL_PAID));
      return [one.hash, one.answers, one.input.answers.length, one.input.at];
    };
    for await (const leaf of leavesIn(source.bundles, { first: 0, end: 71 })) {
      if ([40, 60].includes(leaf.index)) expect(await at(leaf.index)).toEqual(await whole(leaf.index));
      unwrap(await reading.take(leaf, 71));
    }
    expect(await at(71)).toEqual(await whole(71));
  });

  it('has accepted verdicts with their datasets, and nothing that is none', async () => {
    const source = new MemoryEpochSource();
    const datasets = [source.dataset('ada', 0.25), source.dataset('Bob Builder', null), sha256Hex('nowhere')];
    const block = source.verdict({ author: ADA, fall: 0.0250009, datasets }, 1);
    source.verdict({ author: BOB, fall: 0.5, accepted: false }, 2);
    source.append({ kind: 'block', data: { chain: 'D', type: 'dataset' } }, 3);
    const { verdicts } = await read(source);
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ leaf: 0, block, author: ADA, fall: 25_000 });
    expect(verdicts[0].datasets).toEqual([
      { block: datasets[0], creator: 'account:ada', gain: 250_000 },
      { block: datasets[1], creator: `account:sha256:${sha256Hex('Bob Builder')}`, gain: 0 },
    ]);
  });

  it('counts of a fall what its verdict says is paid for, and no more than the fall', async () => {
    const source = new MemoryEpochSource();
    source.verdict({ author: ADA, fall: 0.05, rewarded: { fall: 0 } }, 1);
    source.verdict({ author: BOB, fall: 0.05, rewarded: { fall: 0.02 } }, 2);
    source.verdict({ author: BOB, fall: 0.05 }, 3);
    source.verdict({ author: BOB, fall: 0.05, rewarded: { fall: 0.5 } }, 4);
    const { verdicts } = await read(source);
    expect(verdicts.map(({ fall }) => fall)).toEqual([0, 20_000, 50_000, 50_000]);
  });

  it('takes the gain of a set from the block it was audited by, and from no other set', async () => {
    const source = new MemoryEpochSource();
    const [pending, other] = [source.dataset('ada', null, 'ds_a'), source.dataset('bob', null, 'ds_b')];
    const gold = source.dataset('ada', 0.5, 'ds_a');
    const datasets = [pending, other];
    source.verdict({ author: BOB, fall: 0.1, datasets, audited: { [pending]: gold, [other]: gold } }, 1);
    source.verdict({ author: BOB, fall: 0.1, datasets }, 2);
    const { verdicts } = await read(source);
    expect(verdicts[0].datasets).toMatchObject([
      { block: pending, gain: 500_000 },
      { block: other, gain: 0 },
    ]);
    expect(verdicts[1].datasets).toMatchObject([{ gain: 0 }, { gain: 0 }]);
  });

  it('takes the gain that was measured for the model of the verdict, and the first one for a model that was not asked', async () => {
    const source = new MemoryEpochSource();
    const datasets = [source.dataset('ada', { 'genesis@1.0.0': 0.1, 'other@2.1.0': 0.4 })];
    for (const model of ['genesis', 'other', 'third'])
      source.verdict({ author: BOB, fall: 0.1, datasets, model }, 1);
    const { verdicts } = await read(source);
    expect(verdicts.map(({ datasets: [set] }) => set.gain)).toEqual([100_000, 400_000, 100_000]);
  });

  it('takes the sets that shown documents are of, named or not, with how many tokens each of them gave first', async () => {
    const source = new MemoryEpochSource();
    const [named, other] = [source.dataset('ada', 0.25), source.dataset('eve', 0.5)];
    const sets = [
      { block: named, first: 0 },
      { block: other, first: 30 },
    ];
    source.verdict({ author: BOB, fall: 0.1, datasets: [named], data: { tokens: 40, sets } }, 1);
    source.verdict({ author: BOB, fall: 0.1, datasets: [named] }, 2);
    const { verdicts } = await read(source);
    expect(verdicts[0]).toMatchObject({ shown: 40, datasets: [{ block: named }, { block: other }] });
    expect(verdicts[0].datasets.map(({ tokens }) => tokens)).toEqual([0, 30]);
    // Older ones are what they were, to the last byte: epochs are recomputed from them.
    expect(verdicts[1]).not.toHaveProperty('shown');
    expect(verdicts[1].datasets).toEqual([{ block: named, creator: 'account:ada', gain: 250_000 }]);
  });

  it('says who shares what a round has made, and nothing of others', async () => {
    const source = new MemoryEpochSource();
    const members = [
      { author: ADA, weight: 900_000 },
      { author: BOB, weight: 0 },
    ];
    source.verdict({ author: OPERATOR, fall: 0.1, members }, 1);
    source.verdict({ author: ADA, fall: 0.1 }, 2);
    const { verdicts } = await read(source);
    expect(verdicts[0].members).toEqual(members);
    expect(verdicts[1]).not.toHaveProperty('members');
  });

  it('has scores that were committed to before it by whoever asked', async () => {
    const source = new MemoryEpochSource();
    const story = { payer: payer('1'), tokens: { [ADA]: 10 }, time: 1 };
    const { receipt, leaf: answer } = source.answer(story);
    const commit = source.commitScore(receipt, payer('1'), 700_000, 2);
    const foreign = source.commitScore(receipt, payer('2'), 0, 3);
    const first = source.append({}, 4);
    const late = source.commitScore(receipt, payer('1'), 900_000, 5);
    const given = { receipt, payer: payer('1') };
    source.revealScore({ ...given, score: 900_000 }, { answer, commit: late }, 6);
    source.revealScore({ ...given, score: 800_000 }, { answer, commit }, 7);
    source.revealScore({ receipt, payer: payer('2'), score: 0 }, { answer, commit: foreign }, 8);
    source.revealScore({ ...given, score: 700_000 }, { answer: 10_000, commit }, 9);
    source.revealScore({ ...given, score: 700_000 }, { answer, commit }, 86_400_002);
    expect((await read(source, first)).scores).toEqual([]);
    source.revealScore({ ...given, score: 700_000 }, { answer, commit }, 86_400_001);
    source.revealScore({ ...given, score: 700_000 }, { answer, commit }, 11);
    const parts = [{ author: ADA, part: 1_000_000 }];
    expect((await read(source, first)).scores).toEqual([
      { leaf: 10, receipt, payer: payer('1'), score: 700_000, parts },
    ]);
  });

  it('is refused where a block is not what its type says', async () => {
    const wrongs = [
      ...[{ author: 5 as never }, { fall: '0.5' as never }, { datasets: ['x'] }, { members: {} as never }],
      { audited: { x: 'y' } },
      ...[-1, 1_000_001, 0.5].map((weight) => ({ members: [{ author: ADA, weight }] })),
      ...[-1, 41, 0.5].map((first) => ({
        data: { tokens: 40, sets: [{ block: sha256Hex('set'), first }] },
      })),
      ...[{ data: { tokens: 0, sets: [] } }, { data: null as never }],
      { data: { tokens: 9, sets: [{ block: 'x', first: 1 }] } },
      { members: Array.from({ length: 65 }, () => ({ author: ADA, weight: 1 })) },
    ];
    for (const wrong of wrongs) {
      const source = new MemoryEpochSource();
      source.verdict({ author: ADA, fall: 0.5, ...wrong }, 1);
      const input = await epochInput(source, { first: 0, end: 1 }, ALL_PAID);
      expect(input).toMatchObject({ ok: false, error: { code: 'EPOCH_FACTS' } });
    }
  });

  it('is refused where a receipt is missing or another one than the log says', async () => {
    const source = new MemoryEpochSource();
    const { receipt } = source.answer({ payer: payer('1'), tokens: { [ADA]: 10 }, time: 1 });
    source.stored.set(receipt, { ...source.stored.get(receipt)!, finished_at: 2 });
    const range = { first: 0, end: 1 };
    expect(await epochInput(source, range, ALL_PAID)).toMatchObject({
      ok: false,
      error: { code: 'EPOCH_FACTS' },
    });
    source.stored.delete(receipt);
    expect(await epochInput(source, range, ALL_PAID)).toMatchObject({
      ok: false,
      error: { code: 'EPOCH_FACTS' },
    });
  });
});
