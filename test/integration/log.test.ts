import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bytesToHex,
  hexToBytes,
  merkleLeafHash,
  unwrap,
  verifyConsistency,
  verifyInclusion,
} from '../../src/common/index.js';
import { openCheckpoint, parseVerifierKey } from '../../src/log/index.js';
import { PATIENCE_MS, until } from '../support/index.js';
import { openChain, type ChainUnderTest } from './chain-support.js';

let sut: ChainUnderTest;
beforeEach(async () => {
  sut = await openChain();
});
afterEach(() => sut.close());

const entry = (subject: string) => ({
  kind: 'test',
  subject,
  actor: 'me',
  hash: 'a'.repeat(64),
  data: { n: 1 },
});
const append = (from: number, to: number) =>
  Promise.all(Array.from({ length: to - from }, (_, i) => sut.log.appendGrouped([entry(`s${from + i}`)])));
const published = async () => {
  const { note } = await sut.logReader.checkpoint();
  const verifier = unwrap(parseVerifierKey(await sut.logReader.verifierKey()));
  return unwrap(openCheckpoint(note, verifier));
};

describe('the log', () => {
  it('publishes every entry once, with proofs that verify against the signed checkpoint', async () => {
    sut.sequencer.onApplicationBootstrap();
    await append(0, 40);
    await sut.sequencer.settle(PATIENCE_MS);
    await sut.logReader.waitFor('s39', 'test', PATIENCE_MS);
    const small = await published();
    await append(40, 700);
    await sut.sequencer.settle(PATIENCE_MS);
    await sut.logReader.waitFor('s699', 'test', PATIENCE_MS);
    const large = await published();
    expect(large.size).toBe(700);
    for (const subject of ['s0', 's333', 's699']) {
      const index = (await sut.logReader.indexOf(subject, 'test'))!;
      const proof = unwrap(await sut.logReader.inclusion(index, large.size));
      const [{ leaf }] = await sut.dataSource.query<{ leaf: string }[]>(
        'SELECT leaf FROM log_entries WHERE leaf_index = $1',
        [index],
      );
      const hash = merkleLeafHash(Buffer.from(leaf));
      expect(bytesToHex(hash)).toBe(proof.leaf_hash);
      expect(
        verifyInclusion(hash, index, large.size, proof.path.map(hexToBytes), hexToBytes(large.root)),
      ).toBe(true);
    }
    const { path } = unwrap(await sut.logReader.consistency(small.size, large.size));
    expect(
      verifyConsistency(
        small.size,
        large.size,
        path.map(hexToBytes),
        hexToBytes(small.root),
        hexToBytes(large.root),
      ),
    ).toBe(true);
    expect((await readdir(join(sut.folder, 'log/tile/0'))).sort()).toEqual(['000', '001', '002.p']);
  });

  it('refuses proofs outside of what is published', async () => {
    sut.sequencer.onApplicationBootstrap();
    await append(0, 3);
    await sut.logReader.waitFor('s2', 'test', PATIENCE_MS);
    await sut.sequencer.settle(PATIENCE_MS);
    for (const refused of [
      sut.logReader.inclusion(3),
      sut.logReader.inclusion(0, 4),
      sut.logReader.consistency(0, 2),
      sut.logReader.consistency(3, 2),
    ])
      expect(await refused).toMatchObject({ ok: false, error: { code: 'LOG_RANGE' } });
    expect(await sut.logReader.indexOf('nobody', 'test')).toBeNull();
    expect(await sut.logReader.waitFor('nobody', 'test', 60)).toBeNull();
  });

  it('publishes one entry of a kind about a subject, however many ask for it, with numbers between those of others', async () => {
    sut.sequencer.onApplicationBootstrap();
    await append(0, 3);
    await sut.sequencer.settle(PATIENCE_MS);
    const once = (subject: string) => sut.log.publishOnce({ ...entry(subject), kind: 'once' }, PATIENCE_MS);
    const [known, leaves] = await Promise.all([
      once('x0'),
      Promise.all(Array.from({ length: 60 }, (_, i) => once(`x${i % 20}`))),
      append(3, 40),
    ]);
    const again = await Promise.all(Array.from({ length: 20 }, (_, i) => once(`x${i}`)));
    expect(again.map((leaf) => leaf?.index)).toEqual(leaves.slice(0, 20).map((leaf) => leaf?.index));
    expect(leaves.slice(20, 40)).toEqual(leaves.slice(0, 20));
    expect(known).toEqual(leaves[0]);
    await sut.sequencer.settle(PATIENCE_MS);
    const { size, root } = await published();
    expect(size).toBe(60);
    for (const leaf of leaves.slice(0, 20)) {
      const proof = unwrap(await sut.logReader.inclusion(leaf!.index, size));
      const path = proof.path.map(hexToBytes);
      expect(verifyInclusion(merkleLeafHash(leaf!.leaf), leaf!.index, size, path, hexToBytes(root))).toBe(
        true,
      );
    }
    const rows = await sut.dataSource.query<{ leaf_index: string }[]>(
      'SELECT leaf_index FROM log_entries ORDER BY leaf_index',
    );
    expect(rows.map(({ leaf_index: index }) => Number(index))).toEqual(
      Array.from({ length: 60 }, (_, i) => i),
    );
  });

  it('publishes such an entry, too, while nobody sequences yet, and refuses it when its statement fails', async () => {
    const once = (subject: string, deadlineMs = PATIENCE_MS) =>
      sut.log.publishOnce({ ...entry(subject), kind: 'once' }, deadlineMs);
    expect(await once('early', 50)).toBeNull();
    const waiting = once('early');
    sut.sequencer.onApplicationBootstrap();
    expect((await waiting)?.index).toBe(0);
    await sut.sequencer.settle(PATIENCE_MS);
    await sut.dataSource.query('ALTER TABLE log_entries ADD CONSTRAINT refused CHECK (subject <> $$bad$$)');
    await expect(once('bad')).rejects.toThrow('refused');
    await sut.dataSource.query('ALTER TABLE log_entries DROP CONSTRAINT refused');
    expect((await once('bad'))?.index).toBe(1);
  });

  it('lets one caller of a group fail alone, and keeps nothing of that caller', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        sut.log.appendGrouped([entry(`s${i}`)], async (manager) => {
          await manager.query('SELECT 1');
          if (i === 7) throw new Error('only mine');
          return i;
        }),
      ),
    );
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message)),
    ).toEqual(Array.from({ length: 20 }, (_, i) => (i === 7 ? 'only mine' : i)));
    const rows = await sut.dataSource.query<{ subject: string }[]>('SELECT subject FROM log_entries');
    expect(rows.map(({ subject }) => subject).sort()).toEqual(
      Array.from({ length: 20 }, (_, i) => `s${i}`)
        .filter((subject) => subject !== 's7')
        .sort(),
    );
  });

  it('is not numbered before its transaction commits', async () => {
    sut.sequencer.onApplicationBootstrap();
    const runner = sut.dataSource.createQueryRunner();
    await runner.startTransaction();
    await sut.log.append(runner.manager, [entry('late')]);
    await append(0, 1);
    expect(await sut.logReader.waitFor('s0', 'test', PATIENCE_MS)).toBe(0);
    await runner.commitTransaction();
    await runner.release();
    expect(await sut.logReader.waitFor('late', 'test', PATIENCE_MS)).toBe(1);
  });

  it('publishes numbers given out before a crash with the same bytes', async () => {
    await append(0, 5);
    await sut.dataSource.query('UPDATE log_entries SET leaf_index = id - 1');
    await sut.dataSource.query('UPDATE log_state SET assigned = 5');
    await append(5, 6);
    sut.sequencer.onApplicationBootstrap();
    expect(await sut.logReader.waitFor('s5', 'test', PATIENCE_MS)).toBe(5);
    const { root } = await published();
    await sut.sequencer.beforeApplicationShutdown();
    await rm(join(sut.folder, 'log'), { recursive: true });
    await sut.sequencer.whilePaused(async () => undefined);
    expect(await sut.logReader.waitFor('s5', 'test', PATIENCE_MS)).toBe(5);
    expect((await published()).root).toBe(root);
  });

  it('does not go on when the database is older than what was published, or tells another story', async () => {
    sut.sequencer.onApplicationBootstrap();
    await append(0, 4);
    await sut.logReader.waitFor('s3', 'test', PATIENCE_MS);
    await sut.sequencer.settle(PATIENCE_MS);
    await sut.sequencer.whilePaused(() => sut.dataSource.query('UPDATE log_state SET assigned = 2'));
    await said('the database only 2');
    await sut.sequencer.whilePaused(async () => {
      await sut.dataSource.query('UPDATE log_state SET assigned = 4');
      await sut.dataSource.query(`UPDATE log_entries SET leaf = '{}' WHERE leaf_index = 3`);
    });
    await said('Leaf 3 differs');
    const tile = join(sut.folder, 'log/tile/0/000.p/4');
    await sut.sequencer.whilePaused(async () => writeFile(tile, (await readFile(tile)).reverse()));
    await said('do not give the signed root');
    expect(sut.sequencer.status.state).toBe('failed');
  });
});

/** Waits until the sequencer says why it does not go on. */
const said = (detail: string) => until(detail, () => sut.sequencer.status.detail.includes(detail));
