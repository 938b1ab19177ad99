import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { packageRoot } from '../../src/common/installation.js';
import { api } from '../support/autonomy.js';
import {
  createTestDatabase,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { startHttpReceiver, type Receiver } from '../support/receivers.js';

interface IncidentDocument {
  readonly cause: string;
  readonly state: string;
  readonly instance: string;
  readonly attempts: number;
  readonly steps: readonly { readonly detail: string }[];
}

interface AlertDocument {
  readonly fingerprint: string;
  readonly state: string;
  readonly severity: string;
}

const folder = temporaryFolder('healing-replicas');
const shipped = (name: string) => readFileSync(join(packageRoot(), 'config', name), 'utf8');
let database: string;
let receiver: Receiver;
/** Two servers of one name on one database: the first one sees trouble, the second one does not. */
let first: TestServer;
let second: TestServer;

/** Writes a file of settings. @returns its path */
function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** How busy or full the machine of the tests is is not what is tested. */
const calm = shipped('healing.yaml').replaceAll(/threshold: 0\.9\b/g, 'threshold: 9');
/** Any use of memory is too much, and worth a warning only. */
const troubled = calm.replace(
  /memory_high:\s+\{[^}]*\}/,
  'memory_high: { threshold: 0.01, for_s: 0, remedies: [run_gc], attempts: 3, verify_s: 1, severity: warning }',
);
/** No remedy may be used before a guardian has answered. */
const careful = parse(shipped('decision-matrix.yaml')) as { types: { healing: object } };
careful.types.healing = { ...careful.types.healing, automatic_actions: [], threshold: 0.99 };

const start = (rules: string, env: Record<string, string> = {}, dataDir?: string) =>
  startServer({
    ...{ database, until: 'listening', ...(dataDir === undefined ? {} : { dataDir }) },
    env: {
      ...{ IMPORT_GENESIS: 'false', HEALING: 'auto', HEALING_SECONDS: '1' },
      ...{ HEALING_FILE: written(`${rules === calm ? 'calm' : 'troubled'}.yaml`, rules) },
      ...{ DECISION_MATRIX: written('matrix.yaml', stringify(careful)) },
      ...{ NOTIFY_WEBHOOK_URL: `http://${receiver.host}/`, NOTIFY_PRIVATE_ADDRESSES: 'true' },
      ...{ NOTIFY_WEBHOOK_SECRET: 'a-secret-of-several-words', ...env },
    },
  });

beforeAll(async () => {
  [{ url: database }, receiver] = await Promise.all([createTestDatabase(), startHttpReceiver()]);
  // Nobody is at the peer's address.
  first = await start(troubled, { BLOB_PEER_URL: 'http://127.0.0.1:1' });
});
afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
  await receiver?.close();
});

const incident = async (server = second) => {
  const { body } = await api(server, 'GET', '/api/healing/incidents');
  return (body.items as IncidentDocument[]).find(({ cause }) => cause === 'memory_high');
};
const incidentIs = (state: string, server?: TestServer) =>
  until(`the incident is ${state}`, async () => (await incident(server))?.state === state);
const alerts = async (name: string) => {
  const { body } = await api(second, 'GET', '/api/monitoring/alerts?open=true');
  return (body.items as AlertDocument[]).filter(({ fingerprint }) => fingerprint.startsWith(`${name}@`));
};
const lookedAt = (server: TestServer) =>
  until('the first look', async () => {
    const { body } = await api(server, 'GET', '/api/healing/status');
    return body.vitals !== null;
  });
const health = (server: TestServer) => api(server, 'POST', '/api/monitoring/agents/health/run');

describe('healing on several servers with one database', () => {
  it('goes by the answer that a guardian gives at another server, which leaves the incident alone', async () => {
    await incidentIs('waiting', first);
    second = await start(calm);
    await lookedAt(second);
    expect(await incident()).toMatchObject({
      state: 'waiting',
      instance: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    const { body } = await api(second, 'GET', '/api/guardian/escalations?state=open');
    const items = body.items as { escalation_id: string; decision: { action: string } }[];
    const id = items.find(({ decision }) => decision.action === 'run_gc')?.escalation_id;
    const answer = { reason: 'go on' };
    expect((await api(second, 'POST', `/api/guardian/escalations/${id}/approve`, answer)).status).toBe(200);
    await incidentIs('escalated');
    const seen = await incident();
    const steps = seen?.steps.map(({ detail }) => detail).join('\n');
    expect(steps).toMatch(/a guardian approved[^]*the collector gave back[^]*no remedy is left/);
    expect(seen?.attempts).toBe(1);
  });

  it('calls a guardian at the end of its remedies, though the trouble is worth a warning', async () => {
    const calls = () =>
      receiver.received
        .map(
          ({ body }) => JSON.parse(body) as { kind: string; event: string; severity: string; text: string },
        )
        .filter(({ text }) => text.includes('healing.memory_high@'));
    await until('the call', () => calls().length > 0);
    expect(calls()).toMatchObject([{ kind: 'alert', event: 'raised', severity: 'critical' }]);
    expect(calls()[0].text).toContain('Seen by: stemma on ');
  });

  it('leaves alone what only another server sees', async () => {
    await health(first);
    expect(await alerts('health.peer')).toMatchObject([{ state: 'firing' }]);
    await health(second);
    expect(await alerts('health.peer')).toMatchObject([{ state: 'firing' }]);
    expect(await alerts('healing.memory_high')).toMatchObject([{ state: 'firing' }]);
    expect((await incident())?.state).toBe('escalated');
  });

  it('records who orders a remedy, and why, before what came of it', async () => {
    const order = { reason: 'the dashboard looks swollen' };
    expect((await api(first, 'POST', '/api/healing/actions/run_gc', order)).status).toBe(200);
    const { body } = await api(first, 'GET', '/api/guardian/audit?limit=100');
    const items = body.items as { event: string; actor: string; reason: string | null; facts: object }[];
    const records = items.filter(({ event }) => event.startsWith('healing.'));
    const { instance } = (await incident()) ?? {};
    expect(records).toMatchObject([
      { event: 'healing.ordered', reason: order.reason, facts: { remedy: 'run_gc', instance } },
      { event: 'healing.carried_out', facts: { done: true, detail: expect.stringContaining('collector') } },
    ]);
    expect(records.map(({ actor }) => actor)).toEqual([records[0].actor, records[0].actor]);
  });

  it('ends its own trouble after a restart on the same folder, however the other one fares', async () => {
    await first.stop();
    first = await start(calm, {}, first.dataDir);
    await incidentIs('resolved');
    await until('its alert is over', async () => (await alerts('healing.memory_high')).length === 0);
    await health(first);
    expect(await alerts('health.peer')).toEqual([]);
  });

  it('heals both at once: what one does keeps the other neither waiting nor asking', async () => {
    await Promise.all([first.stop(), second.stop()]);
    const usual = { DECISION_MATRIX: join(packageRoot(), 'config', 'decision-matrix.yaml') };
    [first, second] = await Promise.all(
      [first, second].map(({ dataDir }) => start(troubled, usual, dataDir)),
    );
    const instances = [first, second].map(({ dataDir }) => {
      const { id } = JSON.parse(readFileSync(join(dataDir, 'instance.json'), 'utf8')) as { id: string };
      return id;
    });
    const treated = async () => {
      const { body } = await api(second, 'GET', '/api/healing/incidents?open=true');
      return (body.items as IncidentDocument[]).filter(({ state }) => state === 'escalated');
    };
    await until('both were treated', async () => (await treated()).length === 2);
    for (const { steps, attempts } of await treated()) {
      expect(attempts).toBe(1);
      expect(steps.map(({ detail }) => detail).join()).not.toContain('waits for a guardian');
    }
    expect((await treated()).map(({ instance }) => instance).sort()).toEqual(instances.sort());
  });
});
