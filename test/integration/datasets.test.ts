import { jest } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { Fsck, FsckRegistry } from '../../src/chain/index.js';
import { CodedError, unwrap } from '../../src/common/index.js';
import { Transactions } from '../../src/database/index.js';
import { DatasetFsck } from '../../src/datasets/dataset-fsck.js';
import { KEPT_SIGNATURES, SIGNATURE_LENGTH } from '../../src/datasets/quality/index.js';
import type { Identity } from '../../src/auth/index.js';
import { goodLines } from '../support/datasets.js';
import { expertBlock, metaBlock } from './chain-support.js';
import { makeAccount, openDatasets, takeIn, type DatasetsUnderTest } from './datasets-support.js';

const HOUR = 3_600_000;

let sut: DatasetsUnderTest;
let people: Identity[];
beforeAll(async () => {
  sut = await openDatasets();
  people = [];
  for (let i = 0; i < 6; i++) people.push(await makeAccount(sut));
});
afterAll(() => sut.close());

let sets = 0;

/** A dataset whose vote is open. */
async function openVote(lines?: string): Promise<string> {
  const name = `set-${sets++}`;
  const id = await takeIn(sut, people[sets % people.length], name, lines ?? goodLines(30, name));
  await sut.auditor.work(id, 'worker-1');
  expect(await stageOf(id)).toBe('vote');
  return id;
}

async function stageOf(id: string): Promise<string> {
  return unwrap(await sut.rows.one(id)).record.stage;
}

const codeOf = (outcome: { ok: boolean; error?: { code: string } }) => outcome.error?.code ?? null;

describe('the vote', () => {
  it('counts each account once, however often and however many at once it is cast', async () => {
    const id = await openVote();
    const casts = await Promise.all(
      people.flatMap((who, i) => Array.from({ length: 4 }, () => sut.votes.cast(who, id, i > 0))),
    );
    expect(casts.filter(({ ok }) => ok)).toHaveLength(people.length);
    expect(new Set(casts.map(codeOf))).toEqual(new Set([null, 'VOTE_CAST']));
    expect(await sut.votes.tally(id, 1)).toEqual({ yes: people.length - 1, no: 1 });
  });

  it('ends at its time and not before, by one of two servers that close it at once', async () => {
    const id = await openVote();
    for (const who of people) unwrap(await sut.votes.cast(who, id, true));
    sut.time.now += 72 * HOUR - 1;
    expect(codeOf(await sut.votes.close(id))).toBe('VOTE_OPEN');
    sut.time.now += 1;
    expect(codeOf(await sut.votes.cast(await makeAccount(sut), id, false))).toBe('VOTE_CLOSED');
    const other = sut.serve({ now: 0 });
    const closed = await Promise.all([sut.votes.close(id), other.votes.close(id)]);
    expect(closed.filter(({ ok }) => ok).length).toBe(1);
    expect(unwrap(await sut.rows.one(id)).record).toMatchObject({
      stage: 'gold',
      vote: { tally: { yes: 6, no: 0 } },
    });
  });

  it('counts votes that another server takes while this one closes', async () => {
    const id = await openVote();
    unwrap(await sut.votes.cast(people[0], id, true));
    // Whose clock is behind takes votes for a little longer.
    const behind = sut.serve({ now: 0 });
    await behind.clock.open();
    const { ends_at } = unwrap(await sut.rows.one(id)).record.vote!;
    const last = ends_at - 1 - behind.clock.now();
    behind.clock.monotonic = () => last;
    sut.time.now += 72 * HOUR;
    const [closed, ...casts] = await Promise.all([
      sut.votes.close(id),
      ...people.slice(1).map((who) => behind.votes.cast(who, id, false)),
    ]);
    unwrap(closed);
    const counted = 1 + casts.filter(({ ok }) => ok).length;
    const { tally } = unwrap(await sut.rows.one(id)).record.vote!;
    expect(tally!.yes + tally!.no).toBe(counted);
    expect(await sut.votes.tally(id, 1)).toEqual(tally);
  });

  it('is neither closed nor opened again by a clock that is set', async () => {
    const id = await openVote();
    const real = Date.now;
    try {
      for (const jump of [100 * 24 * HOUR, -100 * 24 * HOUR]) {
        Date.now = () => real() + jump;
        expect(codeOf(await sut.votes.close(id))).toBe('VOTE_OPEN');
      }
    } finally {
      Date.now = real;
    }
    for (const who of people) unwrap(await sut.votes.cast(who, id, true));
    sut.time.now += 72 * HOUR;
    unwrap(await sut.votes.close(id));
    // A server that starts with an earlier clock begins no earlier than what was recorded.
    const restarted = sut.serve({ now: 0 });
    await restarted.clock.open();
    expect(restarted.clock.now()).toBeGreaterThanOrEqual(unwrap(await sut.rows.one(id)).record.at);
    expect(codeOf(await restarted.votes.cast(await makeAccount(sut), id, false))).toBe('VOTE_CLOSED');
    expect(await stageOf(id)).toBe('gold');
  });
});

describe('quota', () => {
  it('holds when uploads come at once', async () => {
    const own = await openDatasets({ datasetQuotaNewbie: 3 });
    const who = await makeAccount(own);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => takeIn(own, who, `q-${i}`, goodLines(5, `quota ${i}`))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'DATASET_QUOTA', status: 429 });
    own.time.now += 24 * HOUR + 1;
    await takeIn(own, who, 'q-next-day', goodLines(5, 'next day'));
    await own.close();
  });
});

it('an appeal that nobody answers is due after its time, and denied', async () => {
  const [who] = people;
  const id = await takeIn(sut, who, 'unanswered', 'no json at all');
  await sut.auditor.work(id, 'worker-1');
  expect(unwrap(await sut.rows.one(id)).record).toMatchObject({
    stage: 'rejected',
    reasons: ['DATASET_JSON'],
  });
  unwrap(await sut.decisions.appeal(who, id, 'it is JSON to me'));
  const isDue = async () => (await sut.rows.due(sut.clock.now(), 100)).some((due) => due.id === id);
  sut.time.now += 7 * 24 * HOUR - 1;
  expect(await isDue()).toBe(false);
  sut.time.now += 1;
  expect(await isDue()).toBe(true);
  unwrap(await sut.decisions.lapse(id));
  const { record } = unwrap(await sut.rows.one(id));
  expect(record).toMatchObject({ stage: 'rejected', reasons: ['DATASET_JSON', 'APPEAL_UNANSWERED'] });
  expect(codeOf(await sut.decisions.lapse(id))).toBe('APPEAL_NONE');
  expect(codeOf(await sut.decisions.appeal(who, id, 'once more'))).toBe('APPEAL_USED');
});

it('an audit is cut off by an emergency stop, not counted, and done after the resume', async () => {
  const id = await takeIn(sut, people[0], 'cut-off', goodLines(30, 'cut-off'));
  const open = sut.gate.guardBy(() => ({ allowed: false, reason: 'stopped' }));
  await sut.auditor.work(id, 'worker-1');
  expect(await stageOf(id)).toBe('pending');
  open();
  const run = jest.spyOn(sut.runner, 'run').mockImplementationOnce((_work, signal) => {
    sut.gate.guardBy(() => ({ allowed: false, reason: 'stopped' }));
    sut.events.emit('autonomy.changed', { stopped: true, by: 'ada', reason: 'a drill' });
    const cut = {
      ok: false,
      error: new CodedError('AUDIT_CUT_OFF', String(signal.aborted), {}, 503),
    } as const;
    return Promise.resolve(cut);
  });
  await sut.auditor.work(id, 'worker-1');
  run.mockRestore();
  const { record, attempts } = unwrap(await sut.rows.one(id));
  expect([record, attempts]).toMatchObject([{ stage: 'audit' }, 0]);
  sut.gate.guardBy(() => ({ allowed: true, reason: '' }));
  await sut.auditor.work(id, 'worker-1');
  expect(await stageOf(id)).toBe('vote');
});

describe('an approved set', () => {
  async function approved(lines?: string): Promise<string> {
    const id = await openVote(lines);
    for (const who of people) unwrap(await sut.votes.cast(who, id, true));
    sut.time.now += 72 * HOUR;
    unwrap(await sut.votes.close(id));
    return id;
  }

  it('stays as it is when it is looked through again, and goes into quarantine when its file is damaged', async () => {
    const id = await approved();
    await sut.auditor.work(id, 'worker-2');
    const row = unwrap(await sut.rows.one(id));
    expect(row).toMatchObject({ record: { stage: 'gold' }, attempts: 0 });
    expect(row.scannedAt).not.toBeNull();
    writeFileSync(sut.datasetFiles.store.path(row.record.sha256)!, goodLines(31, 'other'));
    await sut.auditor.work(id, 'worker-2');
    expect(unwrap(await sut.rows.one(id)).record).toMatchObject({
      ...{ stage: 'quarantined', reasons: ['FILE_DAMAGED'], tier: 'gold' },
    });
  });

  it('is what others are compared with that came after it, also where each of their lines is another', async () => {
    const lines = goodLines(300, 'near').trimEnd().split('\n');
    await approved(lines.join('\n'));
    const again = lines.map((line) => line.replace('"}', ' once more"}')).join('\n');
    const id = await takeIn(sut, people[0], 'near', again);
    await sut.auditor.work(id, 'worker-1');
    expect(unwrap(await sut.rows.one(id)).record).toMatchObject({
      ...{ stage: 'rejected', reasons: ['DUPLICATES'] },
    });
  });

  it('may have more documents than are kept of it to be compared with', async () => {
    const id = await openVote(goodLines(KEPT_SIGNATURES + 200, 'many'));
    const [{ kept }] = await sut.dataSource.query<[{ kept: number }]>(
      'SELECT length(signatures) AS kept FROM dataset_sketches WHERE dataset_id = $1',
      [id],
    );
    expect(kept).toBe(KEPT_SIGNATURES * SIGNATURE_LENGTH * 4);
  });

  it('tells what was trained on it, by metadata or by its block, when it is withdrawn', async () => {
    const id = await approved();
    const [block, other] = [unwrap(await sut.rows.one(id)).block, await openVote()];
    const [meta] = unwrap(
      await sut.publisher.appendLinear('A', async (head) => [await metaBlock(sut.author, head)]),
    );
    const byBlock = await expertBlock(sut.author, meta.hash, { dependsOn: [block], fill: 7 });
    const named = await expertBlock(sut.author, meta.hash, { datasets: [id], fill: 8 });
    const strange = await expertBlock(sut.author, meta.hash, { datasets: [other], fill: 9 });
    const published = unwrap(await sut.publisher.publish([byBlock, named, strange]));
    const { creator } = unwrap(await sut.rows.one(id)).record;
    const stranger = people.find(({ subject }) => subject !== creator)!;
    expect(codeOf(await sut.decisions.withdraw(stranger, id, 'not mine'))).toBe('DATASET_NOT_YOURS');
    const guardian: Identity = { subject: 'acc_guardian', roles: ['guardian'] };
    const { lineage, record } = unwrap(await sut.decisions.withdraw(guardian, id, 'asked for'));
    expect(record.stage).toBe('withdrawn');
    const trained = published.slice(0, 2).map(({ hash }) => hash);
    expect(new Set(lineage.blocks.map(({ hash }) => hash))).toEqual(new Set(trained));
  });
});

describe('fsck', () => {
  /** The codes of what is wrong with the datasets. */
  async function findings(): Promise<string[]> {
    const { config, keys, dataSource, stores, files, sequencer, datasetFiles } = sut;
    const registry = new FsckRegistry();
    new DatasetFsck(registry, dataSource, stores, datasetFiles).onModuleInit();
    const fsck = new Fsck(
      ...([
        config,
        keys,
        dataSource,
        new Transactions(dataSource),
        stores,
        files,
        sequencer,
        registry,
      ] as const),
    );
    const report = await fsck.run({ repair: false, exclusive: true });
    return report.findings.map(({ code }) => code).filter((code) => code.startsWith('DATASET_'));
  }

  beforeAll(async () => {
    sut.sequencer.onApplicationBootstrap();
    const guardian: Identity = { subject: 'acc_guardian', roles: ['guardian'] };
    for (const { record } of await sut.rows.list({ limit: 100, stage: 'quarantined' }))
      unwrap(await sut.decisions.withdraw(guardian, record.id, 'damaged'));
    await sut.dataSource.query(`UPDATE datasets SET file_gone = true WHERE stage = 'withdrawn'`);
  });

  it('finds nothing where all is well', async () => expect(await findings()).toEqual([]));

  it('finds rows that say something else than chain D, and files that are gone or damaged', async () => {
    const [id, other] = [await openVote(), await openVote()];
    const { record } = unwrap(await sut.rows.one(id));
    await sut.dataSource.query(`UPDATE datasets SET stage = 'gold' WHERE id = $1`, [id]);
    expect(await findings()).toEqual(['DATASET_ROW_WRONG']);
    await sut.dataSource.query(`UPDATE datasets SET stage = 'vote' WHERE id = $1`, [id]);
    const path = sut.datasetFiles.store.path(record.sha256)!;
    writeFileSync(path, 'something else');
    expect(await findings()).toEqual(['DATASET_FILE_CORRUPT']);
    rmSync(path);
    expect(await findings()).toEqual(['DATASET_FILE_MISSING']);
    await sut.dataSource.query('DELETE FROM dataset_sketches WHERE dataset_id = $1', [other]);
    await sut.dataSource.query('DELETE FROM dataset_reports WHERE dataset_id = $1', [other]);
    await sut.dataSource.query('DELETE FROM datasets WHERE id = $1', [other]);
    expect((await findings()).sort()).toEqual(['DATASET_FILE_MISSING', 'DATASET_ROW_MISSING']);
  });
});
