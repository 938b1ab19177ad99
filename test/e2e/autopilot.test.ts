import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { api, GOLDEN, importTwoReleases, liveVersion, type DecisionDocument } from '../support/autonomy.js';
import { startServer, until, type TestServer } from '../support/index.js';

/** Fewer answers of a release say nothing (src/guardian/actions/rollback.ts). */
const LEAST_ANSWERS = 10;
const ANSWERS = 12;

describe('a live release whose answers fail', () => {
  let server: TestServer;

  beforeAll(async () => {
    const env = { IMPORT_GENESIS: 'false', AUTOPILOT_SECONDS: '1', HEALING: 'off' };
    server = await startServer({ env, until: 'listening' });
  });
  afterAll(() => server?.stop());

  const importAs = async (dtype: string, name = 'mixtral-a') => {
    const body = { folder: GOLDEN, name, dtype };
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
  const ask = (seed: number, model = 'mixtral-a') =>
    api(server, 'POST', '/v1/completions', {
      ...{ model, prompt: [1, 2, 3 + (seed % 20)], max_tokens: 4 },
    });

  it('is taken back without anybody asking', async () => {
    await importAs('f32');
    await importAs('f32', 'beside');
    const before = new Set(weights());
    await importAs('q8');
    for (let i = 0; i < ANSWERS; i++) expect((await ask(i)).status).toBe(200);
    const promoted = await api(server, 'POST', '/models/mixtral-a/releases/1.0.1/promote');
    expect([promoted.status, await liveVersion(server)]).toEqual([200, '1.0.1']);

    const back = { type: 'rollback', action: 'previous_release', parameters: { model: 'mixtral-a' } };
    const touched = async () => {
      const { body } = await api(server, 'POST', '/api/autonomous/decision', { ...back, dry_run: true });
      return (body.circumstances as { blast_radius: number }).blast_radius;
    };
    expect(await touched()).toBe(1);
    for (let i = 0; i < ANSWERS; i++) expect((await ask(i, 'beside')).status).toBe(200);
    expect(await touched()).toBe(0.5);

    for (const path of weights().filter((each) => !before.has(each)))
      writeFileSync(
        path,
        readFileSync(path).map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
      );
    const failed = [];
    for (let i = 0; i < ANSWERS; i++) failed.push((await ask(i)).body.code);
    // Of the last ones it may be taken back already.
    expect(failed.slice(0, LEAST_ANSWERS)).toEqual(Array(LEAST_ANSWERS).fill('BLOCK_CORRUPT'));

    await until('1.0.0 is live again', async () => (await liveVersion(server)) === '1.0.0');
    const path = '/api/autonomous/decisions?type=rollback';
    const decisions = async () =>
      (await api(server, 'GET', path)).body.items as (DecisionDocument & { asked_by: string })[];
    await until('it has helped', async () => (await decisions())[0].state === 'succeeded');
    expect(await decisions()).toMatchObject([{ automatic: true, asked_by: 'autopilot', helped: true }]);
    expect((await ask(0)).status).toBe(200);
  });
});

describe('a release that is to come to people by stages', () => {
  let server: TestServer;

  beforeAll(async () => {
    const env = { IMPORT_GENESIS: 'false', AUTOPILOT_SECONDS: '1', HEALING: 'off' };
    server = await startServer({ env, until: 'listening' });
    await importTwoReleases(server);
  });
  afterAll(() => server?.stop());

  it('is a shadow, then a canary where a guardian says so, and then live, by the answers it gives', async () => {
    const path = '/models/mixtral-a/releases/1.0.1/promote';
    expect((await api(server, 'POST', `${path}?staged=perhaps`)).status).toBe(400);
    const begun = await api(server, 'POST', `${path}?staged=true`);
    expect([begun.status, begun.body.live]).toEqual([202, false]);
    let asked = 0;
    const answer = async () => {
      const body = { model: 'mixtral-a', prompt: [1 + (asked++ % 90), 2, 3], seed: asked, max_tokens: 2 };
      expect((await api(server, 'POST', '/v1/completions', body)).status).toBe(200);
    };
    await until('it is live', async () => {
      for (let i = 0; i < 10; i++) await answer();
      const questions = await api(server, 'GET', '/api/guardian/escalations?state=open');
      const open = questions.body.items as { escalation_id: string }[];
      for (const { escalation_id: id } of open) {
        const yes = await api(server, 'POST', `/api/guardian/escalations/${id}/approve`, {
          reason: 'good',
        });
        expect(yes.status).toBe(200);
      }
      return (await liveVersion(server)) === '1.0.1';
    });
    const found = await api(server, 'GET', '/api/autonomous/decisions?type=deployment');
    const steps = (found.body.items as { action: string; state: string; asked_by: string }[]).reverse();
    expect(steps.map(({ action }) => action)).toEqual(['canary', 'promote']);
    expect(steps.every(({ asked_by: by }) => by === 'autopilot')).toBe(true);

    // What was asked for about a release that is not in that place any more is not done to another one.
    const late = async (type: string, action: string, parameters: object) =>
      (await api(server, 'POST', '/api/autonomous/decision', { type, action, parameters, reason: 'late' }))
        .body.code;
    const [model, other] = ['mixtral-a', '1.0.0'];
    expect(await late('rollback', 'previous_release', { model, live: other })).toBe('RELEASE_NOT_LIVE');
    expect(await late('deployment', 'withdraw', { model, version: other })).toBe('RELEASE_NOT_STAGED');
    expect(await liveVersion(server)).toBe('1.0.1');
  });
});
