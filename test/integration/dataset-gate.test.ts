import type { Identity } from '../../src/auth/index.js';
import { unwrap, type Result } from '../../src/common/index.js';
import { DatasetFiles } from '../../src/datasets/index.js';
import { DatasetGate } from '../../src/learning/checks/dataset-gate.js';
import { DataSets } from '../../src/learning/judging/data-sets.js';
import { goodLines } from '../support/datasets.js';
import { metaBlock } from './chain-support.js';
import { makeAccount, openDatasets, takeIn, type DatasetsUnderTest } from './datasets-support.js';

let sut: DatasetsUnderTest;
let who: Identity;
let any: DatasetGate;
let approved: DatasetGate;

beforeAll(async () => {
  sut = await openDatasets();
  who = await makeAccount(sut);
  any = new DatasetGate(sut.config, sut.rows);
  approved = new DatasetGate(sut.config.with({ learningDatasets: 'approved' }), sut.rows);
});
afterAll(() => sut.close());

async function blockOf(id: string): Promise<string> {
  return unwrap(await sut.rows.one(id)).block;
}

const said = (outcome: Result<void>) =>
  outcome.ok ? 'fine' : `${outcome.error.code} ${outcome.error.status} ${outcome.error.message}`;

describe('what experts may have been trained on', () => {
  it('is nothing of a set that was withdrawn since, though a block from before is named', async () => {
    const id = await takeIn(sut, who, 'withdrawn', goodLines(30, 'withdrawn'));
    const block = await blockOf(id);
    expect(said(await any.check([block]))).toBe('fine');
    unwrap(await sut.decisions.withdraw(who, id, 'a mistake'));
    const refusal = `SUBMISSION_DATASET 409 dataset ${id} is withdrawn`;
    expect(said(await any.check([block]))).toBe(refusal);
    expect(said(await any.check([await blockOf(id)]))).toBe(refusal);
  });

  it('is nothing of a rejected set, nor while its appeal is open', async () => {
    const id = await takeIn(sut, who, 'appealed', goodLines(30, 'appealed'));
    const block = await blockOf(id);
    for (const stage of ['rejected', 'appealed', 'quarantined']) {
      await sut.dataSource.query('UPDATE datasets SET stage = $2 WHERE id = $1', [id, stage]);
      expect(said(await any.check([block]))).toBe(`SUBMISSION_DATASET 409 dataset ${id} is ${stage}`);
    }
  });

  it('is approved data alone where the server asks for it', async () => {
    const id = await takeIn(sut, who, 'voted', goodLines(30, 'voted'));
    const block = await blockOf(id);
    expect(said(await any.check([]))).toBe('fine');
    expect(said(await approved.check([]))).toMatch(/^SUBMISSION_DATASET 400 .*--datasets$/);
    expect(said(await approved.check([block]))).toBe(
      `SUBMISSION_DATASET 409 dataset ${id} is not approved: its stage is pending`,
    );
    await sut.auditor.work(id, 'worker-1');
    unwrap(await sut.votes.cast(who, id, true));
    sut.time.now += 72 * 3_600_000;
    unwrap(await sut.votes.close(id));
    expect(said(await approved.check([block]))).toBe('fine');
  });

  it('is no other block', async () => {
    const [meta] = unwrap(await sut.publisher.publish([await metaBlock(sut.author, null)]));
    for (const block of [meta.hash, 'ab'.repeat(32)])
      expect(said(await any.check([block]))).toBe(`SUBMISSION_DATASET 400 ${block} is no block of a dataset`);
  });
});

it('shown documents are looked for in what is named and what is approved, the oldest first', async () => {
  const give = (name: string) => takeIn(sut, who, name, goodLines(30, name));
  const stage = (id: string, to: string) =>
    sut.dataSource.query('UPDATE datasets SET stage = $2 WHERE id = $1', [id, to]);
  await sut.dataSource.query("UPDATE datasets SET stage = 'rejected'");
  const [gold, pending, silver, gone] = [await give('a'), await give('b'), await give('c'), await give('d')];
  await give('e');
  await stage(gold, 'gold');
  await stage(gone, 'gold');
  await sut.dataSource.query('UPDATE datasets SET file_gone = true WHERE id = $1', [gone]);
  const named = [await blockOf(silver), await blockOf(pending)];
  // What tells of the set by now is another block than what was named.
  await sut.auditor.work(silver, 'worker-1');
  expect(await blockOf(silver)).not.toBe(named[0]);
  await stage(silver, 'silver');
  const files = new DatasetFiles(sut.config);
  const { sets, part } = await new DataSets(sut.config, sut.rows, files).of(named, '/a/part');
  expect(part).toBe('/a/part');
  expect(sets.map(({ block, named: isNamed }) => [block, isNamed])).toEqual([
    [await blockOf(gold), false],
    [named[1], true],
    [named[0], true],
  ]);
  for (const { sha256, path } of sets) expect(path).toBe(files.store.path(sha256));
});
