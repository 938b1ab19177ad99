import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call } from '../support/accounts.js';
import { datasetAt, goodLines } from '../support/datasets.js';
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

it('says what it needs where no server runs', async () => {
  const { code, stdout } = await runCommand(['--json', 'dataset', 'list'], {
    DATA_DIR: temporaryFolder('none'),
  });
  expect([code, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'SERVER_NEEDED' } }]);
});
