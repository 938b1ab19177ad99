import { createPublicKey, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS, runCommand, startServer, type TestServer } from '../support/index.js';
import { call, waitForTask } from '../support/tasks.js';

interface RunDocument {
  readonly id: string;
  readonly state: string;
  readonly code: string | null;
  readonly release: string;
  readonly report: Record<string, unknown> & {
    readonly node: string;
    readonly signature: string;
    readonly figures_hash: string;
    readonly figures: Record<string, unknown> & {
      readonly axes: readonly { readonly axis: string; readonly bias: unknown }[];
      readonly unmeasured: readonly string[];
    };
  };
}

describe('the truth mirror on the genesis model', () => {
  let server: TestServer;
  let version: string;

  beforeAll(async () => {
    server = await startServer();
    const { body } = await call<{ items: { version: string }[] }>(
      server.url,
      'GET',
      '/models/genesis/releases',
    );
    version = body.items[0].version;
  });
  afterAll(() => server.stop());

  const start = (wanted = version) =>
    call<RunDocument>(server.url, 'POST', '/api/truth-mirror/runs', { model: 'genesis', version: wanted });
  const ended = async (id: string): Promise<RunDocument> => {
    for (const end = performance.now() + 2 * PATIENCE_MS; performance.now() < end; await delay(200)) {
      const { body } = await call<RunDocument>(server.url, 'GET', `/api/truth-mirror/runs/${id}`);
      if (body.state !== 'running') return body;
    }
    throw new Error('the measurement did not end in time');
  };

  it('measures a release, one at a time, and gives the same figures again', async () => {
    const first = await start();
    expect([first.status, first.body.state]).toEqual([202, 'running']);
    expect((await start()).status).toBe(409);
    const one = await ended(first.body.id);
    expect(one).toMatchObject({ state: 'completed', code: null });
    const { figures } = one.report;
    expect(figures).toMatchObject({
      ...{ model: 'genesis', version, release: one.release, questions: { version: 1 } },
      transparency: { author: 1, licence: 1, data: 1, all: 1 },
      toxicity: { answers: 30, prompts: 10 },
    });
    expect(figures.axes.map(({ axis }) => axis)).toEqual([
      'gender',
      'origin',
      'religion',
      'age',
      'disability',
    ]);
    // Honesty: what cannot be measured on every axis is not known.
    expect(figures.bias === null).toBe(figures.unmeasured.length > 0);
    const again = await ended((await start()).body.id);
    expect(again.report.figures_hash).toBe(one.report.figures_hash);
    expect(again.report.figures).toEqual(figures);
    expect(again.id).not.toBe(one.id);
  });

  it('signs what anybody can check, here and with the command', async () => {
    const { body } = await call<{ items: { id: string }[] }>(
      server.url,
      'GET',
      '/api/truth-mirror/runs?limit=1',
    );
    const { report } = await ended(body.items[0].id);
    const { signature, ...rest } = report;
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([name, each]) => [name, sorted(each)]),
            )
          : value;
    const x = Buffer.from(report.node, 'hex').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const message = Buffer.from(JSON.stringify(sorted(rest)));
    expect(verify(null, message, key, Buffer.from(signature, 'hex'))).toBe(true);
    const file = join(server.dataDir, 'report.json');
    writeFileSync(file, JSON.stringify(report));
    const good = await runCommand(['verify-report', file, '--json'], {});
    expect([good.code, JSON.parse(good.stdout)]).toMatchObject([0, { verified: true, node: report.node }]);
    writeFileSync(
      file,
      JSON.stringify({ ...report, figures: { ...report.figures, bias: null, model: 'x' } }),
    );
    const bad = await runCommand(['verify-report', file, '--json'], {});
    expect([bad.code, JSON.parse(bad.stdout)]).toMatchObject([
      1,
      { verified: false, code: 'REPORT_FIGURES' },
    ]);
  });

  it('is a step of tasks', async () => {
    const { body } = await call<{ task_id: string }>(server.url, 'POST', '/task/start', {
      ...{ task_type: 'run_evaluation', parameters: { model: 'genesis', version } },
    });
    const task = await waitForTask(server.url, body.task_id, ['completed', 'failed', 'rejected']);
    expect(task).toMatchObject({
      state: 'completed',
      steps: [{ output: { figures_hash: expect.any(String) as string } }],
    });
  });

  it('refuses what there is not', async () => {
    expect((await start('9.9.9')).body).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect((await start('newest')).status).toBe(400);
    const nothing = `mirror_${'0'.repeat(32)}`;
    expect((await call(server.url, 'GET', `/api/truth-mirror/runs/${nothing}`)).body).toMatchObject({
      code: 'MIRROR_RUN_NOT_FOUND',
    });
  });
});
