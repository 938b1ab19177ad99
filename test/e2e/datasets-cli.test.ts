import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SampleManifest } from '../../src/datasets/index.js';
import { call } from '../support/accounts.js';
import { datasetAt, endVote, goodLines } from '../support/datasets.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    env: { IMPORT_GENESIS: 'false', DATASET_SWEEP_MS: '100', DATASET_VOTE_SECONDS: '86400' },
  });
});
afterAll(() => server?.stop());

async function dataset(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout } = await runCommand(['--json', 'dataset', ...args], { DATA_DIR: server.dataDir });
  return { code, ...(JSON.parse(stdout) as object) };
}

it('uploads several files as one set, lists it, votes on it and withdraws it', async () => {
  const folder = temporaryFolder('files');
  const paths = ['one.jsonl', 'two.jsonl'].map((name) => join(folder, name));
  paths.forEach((path, i) => writeFileSync(path, goodLines(40, `file ${i}`)));
  const about = ['--name', 'by-command', '--licence', 'MIT', '--source', 'a test'];
  const uploaded = await dataset('upload', ...paths, ...about);
  expect(uploaded).toMatchObject({ code: 0, stage: 'pending' });
  const id = String(uploaded.dataset);
  expect(await datasetAt(server, id, 'vote')).toMatchObject({ audit: { documents: 80 }, files: [{}, {}] });
  expect(await dataset('vote', id, 'for')).toEqual({ code: 0, dataset: id, vote: 'for' });
  expect(await dataset('vote', id, 'against')).toMatchObject({ code: 1, error: { code: 'VOTE_CAST' } });
  expect(await dataset('list', '--stage', 'vote')).toMatchObject({ datasets: [{ id, name: 'by-command' }] });
  expect(await dataset('list', '--limit', '0')).toMatchObject({ code: 1, error: { code: 'USAGE' } });
  const again = await dataset('upload', ...paths, ...about);
  expect(again).toMatchObject({ code: 1, error: { code: 'DATASET_EXISTS' } });
  expect(await dataset('withdraw', id, '--reason', 'only a test')).toMatchObject({
    ...{ code: 0, lineage: { blocks: [], releases: [] } },
  });
  expect((await call(server, 'GET', `/datasets/${id}`)).body.stage).toBe('withdrawn');
});

it('draws the same sample of what was approved for the same seed, and trainings can name its sets', async () => {
  const folder = temporaryFolder('samples');
  mkdirSync(folder, { recursive: true });
  const ids = [];
  for (const name of ['first', 'second']) {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, goodLines(200, name));
    const about = ['--name', `sampled-${name}`, '--licence', 'MIT', '--source', 'a test'];
    ids.push(String((await dataset('upload', path, ...about)).dataset));
  }
  const sample = (name: string, seed: string) => {
    const how = ['--tier', 'diverse', '--bytes', '9000', '--seed', seed, '--out', join(folder, name)];
    return dataset('sample', ...how);
  };
  expect(await sample('none', '1')).toMatchObject({ code: 1, error: { code: 'SAMPLE_EMPTY' } });
  for (const id of ids) {
    await datasetAt(server, id, 'vote');
    await dataset('vote', id, 'for');
    await endVote(server, id);
    await datasetAt(server, id, 'gold');
  }
  const first = await sample('one', '1');
  expect(first.code).toBe(0);
  const manifest = first.manifest as SampleManifest;
  expect(manifest.sets.map(({ id }) => id)).toEqual(ids.toSorted());
  expect(JSON.parse(readFileSync(join(folder, 'one.manifest.json'), 'utf8'))).toEqual(manifest);
  expect((await sample('two', '1')).manifest).toEqual(manifest);
  const [one, two] = ['one', 'two'].map((name) => readFileSync(join(folder, name), 'utf8'));
  expect([one, one.length <= 9000]).toEqual([two, true]);
  const known = new Set(['first', 'second'].flatMap((name) => goodLines(200, name).split('\n')));
  expect(one.split('\n').filter((line) => !known.has(line))).toEqual([]);
  await sample('three', 'other');
  expect(readFileSync(join(folder, 'three'), 'utf8')).not.toBe(one);
  for (const { id, block } of manifest.sets)
    expect((await call(server, 'GET', `/datasets/${id}`)).body.block).toBe(block);
  const nothing = await runCommand(['dataset', 'sample', '--bytes', '0'], { DATA_DIR: server.dataDir });
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('a whole number from 1')]);
});

it('says what it needs where no server runs', async () => {
  const { code, stdout } = await runCommand(['--json', 'dataset', 'list'], {
    DATA_DIR: temporaryFolder('none'),
  });
  expect([code, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'SERVER_NEEDED' } }]);
});
