import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { packageRoot } from '../../src/common/installation.js';
import { api } from '../support/autonomy.js';
import { answerOnce, startServer, temporaryFolder, until, type TestServer } from '../support/index.js';

interface IncidentDocument {
  readonly cause: string;
  readonly state: string;
  readonly remedy: string | null;
  readonly steps: readonly { readonly detail: string }[];
}

const backup = temporaryFolder('blob-backup');
const rules = join(temporaryFolder('healing'), 'healing.yaml');
let server: TestServer;

/** How busy or full the machine of the tests is is not what is tested; what waits in the log is noticed soon. */
function testRules(memory: string): string {
  return readFileSync(join(packageRoot(), 'config', 'healing.yaml'), 'utf8')
    .replaceAll(/threshold: 0\.9\b/g, 'threshold: 9')
    .replace(/threshold: 15000,\s+for_s: 3/, 'threshold: 2000, for_s: 1')
    .replace(/memory_high:\s+\{[^}]*\}/, memory);
}

const start = async (memory = '') => {
  writeFileSync(rules, testRules(memory === '' ? '$&' : memory));
  return startServer({
    env: { HEALING: 'auto', HEALING_SECONDS: '1', HEALING_FILE: rules, BLOB_BACKUP_DIR: backup },
  });
};
afterAll(() => server?.stop());

const incidents = async (cause: string) => {
  const { body } = await api(server, 'GET', '/api/healing/incidents');
  return (body.items as IncidentDocument[]).filter((incident) => incident.cause === cause);
};
const over = (cause: string, state: string) =>
  until(`${cause} is ${state}`, async () => (await incidents(cause)).some((each) => each.state === state));
const details = async (cause: string) =>
  (await incidents(cause)).flatMap(({ steps }) => steps.map(({ detail }) => detail)).join('\n');

const ask = () =>
  api(server, 'POST', '/v1/completions', {
    ...{ model: 'genesis', prompt: 'Once upon a time', max_tokens: 8, temperature: 0 },
  });
const answer = async () => {
  const { status, body } = await ask();
  expect([status, body.code]).toEqual([200, undefined]);
  return (body.choices as { text: string }[])[0].text;
};

/** Payload files, largest first. */
function payloads(): string[] {
  const folder = join(server.dataDir, 'blobs', 'payloads');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
}

describe('remedies on a real server', () => {
  beforeAll(async () => {
    server = await start();
  });

  it('refetch_blob: a payload that rots on the disk comes again from the backup', async () => {
    const before = await answer();
    cpSync(join(server.dataDir, 'blobs', 'payloads'), backup, { recursive: true });
    const [victim] = payloads();
    const whole = readFileSync(victim);
    const rotten = Buffer.from(whole);
    rotten[rotten.length >> 1] ^= 1;
    writeFileSync(victim, rotten);
    // What is in memory is right still; it has to be read again to be found wrong.
    const caches = async () => {
      const { vitals } = (await api(server, 'POST', '/api/healing/diagnose')).body;
      return (vitals as { caches: { experts: number; kv: number } }).caches;
    };
    await until('the experts are seen in memory', async () => (await caches()).experts > 0);
    expect((await caches()).kv).toBeGreaterThanOrEqual(0);
    const drop = { reason: 'the disk is doubted' };
    expect((await api(server, 'POST', '/api/healing/actions/shrink_caches', drop)).status).toBe(200);
    await until('they have left it', async () => (await caches()).experts === 0);
    expect((await ask()).status).toBeGreaterThanOrEqual(500);
    await over('blob_corrupt', 'resolved');
    expect(await details('blob_corrupt')).toContain('restored ');
    expect(readFileSync(victim).equals(whole)).toBe(true);
    await until('an answer', async () => (await ask()).status === 200);
    expect(await answer()).toBe(before);
  });

  it('restart_sequencer: entries that waited get their places in the log, each once', async () => {
    const stuck = new Client({ connectionString: server.databaseUrl ?? '' });
    await stuck.connect();
    try {
      await stuck.query('BEGIN');
      await stuck.query('SELECT 1 FROM log_state FOR UPDATE');
      const change = { bias: 0.14, reason: 'for the log' };
      expect((await api(server, 'PUT', '/api/guardian/monitor/config', change)).status).toBe(200);
      await until('the remedy', async () =>
        (await incidents('log_lag')).some(({ remedy }) => remedy === 'restart_sequencer'),
      );
    } finally {
      await stuck.end();
    }
    await over('log_lag', 'resolved');
    const changed = async () => {
      const { body } = await api(server, 'GET', '/api/guardian/monitor/history');
      return (body.items as { hash: string; txid: number | null }[])[0];
    };
    const { hash } = await answerOnce(changed, ({ txid }) => txid !== null);
    const entries = (await api(server, 'GET', `/log/entries?subject=${hash}`)).body.items as unknown[];
    expect(entries).toHaveLength(1);
    expect(await details('log_lag')).toContain('restart_sequencer');
  });

  it('shrink_caches: memory that runs short makes idle models leave it, and answers stay the same', async () => {
    let before = '';
    // On a slow machine the remedy may come before the model has answered: then once more, and later.
    for (const seconds of [15, 60, 200]) {
      await server.stop();
      // The share of this machine's memory cannot be chosen, so that any share counts as too much.
      server = await start(
        `memory_high: { threshold: 0.01, for_s: ${seconds}, remedies: [shrink_caches], attempts: 1, verify_s: 1, severity: critical }`,
      );
      before = await answer();
      await over('memory_high', 'escalated');
      if ((await details('memory_high')).includes('1 models were unloaded')) break;
    }
    expect(await details('memory_high')).toContain('1 models were unloaded');
    expect(await details('memory_high')).toMatch(/shrink_caches did not help[^]*no remedy is left/);
    expect(await answer()).toBe(before);
  });
});
