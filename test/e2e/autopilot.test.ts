import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { api, GOLDEN, liveVersion, until, type DecisionDocument } from '../support/autonomy.js';
import { startServer, type TestServer } from '../support/index.js';

jest.setTimeout(180_000);

/** Fewer answers of a release say nothing. */
const ANSWERS = 12;

describe('a live release whose answers fail', () => {
  let server: TestServer;

  beforeAll(async () => {
    const env = { IMPORT_GENESIS: 'false', AUTOPILOT_SECONDS: '1', HEALING: 'off' };
    server = await startServer({ env, until: 'listening' });
  });
  afterAll(() => server?.stop());

  const importAs = async (dtype: string) => {
    const body = { folder: GOLDEN, name: 'mixtral-a', dtype };
    const response = await fetch(`${server.url}/models/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await response.text()).not.toContain('"code"');
  };
  const weights = () =>
    readdirSync(join(server.dataDir, 'blobs', 'payloads'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path)[0] !== '{'.charCodeAt(0));
  const ask = (seed: number) =>
    api(server, 'POST', '/v1/completions', {
      ...{ model: 'mixtral-a', prompt: [1, 2, 3 + (seed % 20)], max_tokens: 4 },
    });

  it('is taken back without anybody asking', async () => {
    await importAs('f32');
    const before = new Set(weights());
    await importAs('q8');
    for (let i = 0; i < ANSWERS; i++) expect((await ask(i)).status).toBe(200);
    const promoted = await api(server, 'POST', '/models/mixtral-a/releases/1.0.1/promote');
    expect([promoted.status, await liveVersion(server)]).toEqual([200, '1.0.1']);

    for (const path of weights().filter((each) => !before.has(each)))
      writeFileSync(
        path,
        readFileSync(path).map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
      );
    const failed = [];
    for (let i = 0; i < ANSWERS; i++) failed.push((await ask(i)).body.code);
    expect(failed).toEqual(Array(ANSWERS).fill('BLOCK_CORRUPT'));

    await until('1.0.0 is live again', async () => (await liveVersion(server)) === '1.0.0', 60_000);
    const path = '/api/autonomous/decisions?type=rollback';
    const decisions = async () =>
      (await api(server, 'GET', path)).body.items as (DecisionDocument & { asked_by: string })[];
    await until('it has helped', async () => (await decisions())[0].state === 'succeeded', 60_000);
    expect(await decisions()).toMatchObject([{ automatic: true, asked_by: 'autopilot', helped: true }]);
    expect((await ask(0)).status).toBe(200);
  });
});
