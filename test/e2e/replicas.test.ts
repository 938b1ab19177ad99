import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { api, type DecisionDocument } from '../support/autonomy.js';
import { startServer, temporaryFolder, until, type TestServer } from '../support/index.js';

let server: TestServer;
let running: string;

beforeAll(async () => {
  const folder = temporaryFolder('replicas');
  const program = join(folder, 'replicas');
  running = join(folder, 'running');
  writeFileSync(running, '0');
  // Whoever runs the machines: it can be out of machines (above 2), and then starts what it can.
  const lines = [
    '#!/bin/sh',
    `if [ "$1" = count ]; then cat ${running}; exit; fi`,
    `if [ "$2" -gt 2 ]; then echo 2 > ${running}; echo "no machine is free" >&2; exit 1; fi`,
    `echo "$2" > ${running}`,
  ];
  writeFileSync(program, lines.join('\n'));
  chmodSync(program, 0o755);
  server = await startServer({
    until: 'listening',
    env: { IMPORT_GENESIS: 'false', REPLICA_ADAPTER: 'command', REPLICA_COMMAND: program, REPLICA_MOST: '3' },
  });
});
afterAll(() => server?.stop());

const count = () => Number(readFileSync(running, 'utf8'));
const ask = async (action: string, replicas: number, more: object = {}) => {
  const body = { type: 'scaling', action, parameters: { replicas }, reason: 'a trial', ...more };
  return api(server, 'POST', '/api/autonomous/decision', body);
};
/** The decision once it has come to its end. */
async function ended(id: unknown): Promise<DecisionDocument> {
  let last = {} as DecisionDocument;
  await until('the end of a decision', async () => {
    last = (await api(server, 'GET', `/api/autonomous/decisions/${String(id)}`)).body as never;
    return last.helped !== null || last.state === 'failed';
  });
  return last;
}

async function approve(id: unknown): Promise<void> {
  const { body } = await api(server, 'GET', '/api/guardian/escalations?state=open');
  const items = body.items as { escalation_id: string; decision: { decision_id: string } }[];
  const asked = items.find((each) => each.decision.decision_id === id)!;
  const path = `/api/guardian/escalations/${asked.escalation_id}/approve`;
  expect((await api(server, 'POST', path, { reason: 'go' })).status).toBe(200);
}

describe('scaling by replicas', () => {
  it('says what would happen and starts none, asks a guardian, and starts what was approved', async () => {
    const forecast = await ask('add_replicas', 2, { dry_run: true });
    expect(forecast.body).toMatchObject({ what: 'replicas 0 → 2, through command', state: 'waiting' });
    const { body } = await ask('add_replicas', 2);
    expect(body).toMatchObject({ state: 'waiting' });
    expect(count()).toBe(0);
    await approve(body.decision_id);
    const done = await ended(body.decision_id);
    expect(done).toMatchObject({ helped: true, detail: '2 replicas run' });
    expect(count()).toBe(2);
  });

  it('refuses more than there may be, the wrong direction, and what is so already', async () => {
    expect(await ask('add_replicas', 4)).toMatchObject({ status: 400, body: { code: 'PARAMETERS_INVALID' } });
    for (const [action, replicas] of [
      ['add_replicas', 1],
      ['remove_replicas', 3],
      ['add_replicas', 2],
    ] as const)
      expect(await ask(action, replicas)).toMatchObject({
        status: 409,
        body: { code: 'SCALING_IMPOSSIBLE' },
      });
  });

  it('is not said to have helped where the machines refuse', async () => {
    const { body } = await ask('add_replicas', 3);
    await approve(body.decision_id);
    const done = await ended(body.decision_id);
    // What was started of them is stopped again.
    expect(done.state).toBe('undone');
    expect(done.detail).toContain('no machine is free');
    expect(count()).toBe(2);
  });
});

it('is refused by name where nobody said how replicas are started', async () => {
  const plain = await startServer({ until: 'listening', env: { IMPORT_GENESIS: 'false' } });
  const body = { type: 'scaling', action: 'add_replicas', parameters: { replicas: 1 }, reason: 'a trial' };
  expect(await api(plain, 'POST', '/api/autonomous/decision', body)).toMatchObject({
    ...{ status: 409, body: { code: 'REPLICAS_NOT_CONFIGURED' } },
  });
  await plain.stop();
});
