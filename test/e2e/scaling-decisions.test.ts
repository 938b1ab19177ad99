import { api, importTwoReleases, type DecisionDocument } from '../support/autonomy.js';
import { startServer, until, type TestServer } from '../support/index.js';

/** Answers computed at once; the engine has 16 streams. */
const CALLERS = 16;
const SMALLER = {
  ...{ type: 'scaling', action: 'scale_down', parameters: { streams: 12 }, reason: 'fewer are enough' },
};

describe('a scale-down under the limits as shipped', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer({ until: 'listening', env: { IMPORT_GENESIS: 'false' } });
    await importTwoReleases(server);
  });
  afterEach(() => server.stop());

  const decide = async (more: object = {}) =>
    (await api(server, 'POST', '/api/autonomous/decision', { ...SMALLER, ...more }))
      .body as unknown as Required<DecisionDocument> & {
      readonly circumstances: { readonly blast_radius: number };
      readonly evidence: { readonly load: { readonly busy: number } };
    };

  it('happens by itself on an idle server', async () => {
    const done = await decide();
    expect(done).toMatchObject({ state: 'succeeded', automatic: true, helped: true });
    expect(done.circumstances.blast_radius).toBe(0.25);
    expect(done.confidence.raw).toBeGreaterThan(0.9);
    const { engine } = (await api(server, 'GET', '/api/guardian/dashboard')).body as { engine: object };
    expect(engine).toMatchObject({ size: { streams: 12 } });
  });

  it('waits for a guardian on a loaded one', async () => {
    let loaded = true;
    const ask = { model: 'mixtral-a', prompt: [1, 2, 3], max_tokens: 40 };
    const call = async () => {
      while (loaded) await api(server, 'POST', '/v1/completions', ask);
    };
    const callers = Array.from({ length: CALLERS }, call);
    try {
      let asked = await decide({ dry_run: true });
      await until('it is seen to be loaded', async () => {
        asked = await decide({ dry_run: true });
        return asked.evidence.load.busy > 0.5;
      });
      expect(asked).toMatchObject({ state: 'waiting' });
      expect(asked.circumstances.blast_radius).toBeGreaterThan(0.5);
      expect(asked.grounds.map(({ code }) => code)).toEqual(['BLAST_RADIUS', 'NOT_CONFIDENT']);
      expect(asked.confidence.raw).toBeLessThan(0.5);
    } finally {
      loaded = false;
      await Promise.all(callers);
    }
  });
});
