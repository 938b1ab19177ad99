import type { Identity } from '../../src/auth/index.js';
import { unwrap, type Result } from '../../src/common/index.js';
import { DatasetGate } from '../../src/learning/checks/dataset-gate.js';
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
