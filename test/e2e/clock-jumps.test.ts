import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/common/installation.js';
import { datasetOf, goodLines, nonceFor, uploadDataset } from '../support/datasets.js';
import { startServer, temporaryFolder, type TestServer } from '../support/index.js';
import { call, rootOfProof, startCounter, waitForTask, type TaskDocument } from '../support/tasks.js';

const HOUR_MS = 3_600_000;
const WORK_BITS = 4;
const ENDS = ['completed', 'failed', 'rejected', 'cancelled'];

let server: TestServer;
let clock: string;
interface LeafProof {
  readonly txid: number;
  readonly leaf: string;
  readonly tree_size: number;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
}
interface Blocks {
  readonly stages: readonly { readonly timestamp: number }[];
}
const leaves: { time: number; subject: string }[] = [];

beforeAll(async () => {
  clock = join(temporaryFolder('clock'), 'offset');
  setClock(0);
  const preload = pathToFileURL(join(packageRoot(), 'test', 'support', 'shifted-clock.mjs')).href;
  server = await startServer({
    until: 'listening',
    env: {
      ...{ IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true', HEALING: 'auto', HEALING_SECONDS: '1' },
      DATASET_WORK_BITS: String(WORK_BITS),
      ...{ NODE_OPTIONS: `--import=${preload}`, CLOCK_OFFSET_FILE: clock },
    },
  });
});
afterAll(() => server?.stop());

/** Sets the server's wall clock ahead or back. */
function setClock(offsetMs: number): void {
  writeFileSync(`${clock}.new`, String(offsetMs));
  renameSync(`${clock}.new`, clock);
}

/** Puts a hash into the log and checks its proof. @returns the headers of the answer */
async function write(): Promise<Headers> {
  const response = await fetch(`${server.url}/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hash: randomBytes(32).toString('hex') }),
  });
  expect(response.status).toBe(200);
  const proof = (await response.json()) as LeafProof;
  const root = rootOfProof(proof.leaf, proof.txid, proof.tree_size, proof.hashes);
  expect(proof.checkpoint.split('\n').slice(1, 3)).toEqual([String(proof.tree_size), root]);
  leaves.push(JSON.parse(proof.leaf));
  return response.headers;
}

describe('a wall clock that jumps by hours', () => {
  it.each([0, -3, 5, -30, 0])('leaves the log whole and its time in order (%i hours off)', async (hours) => {
    setClock(hours * HOUR_MS);
    const before = leaves.length;
    const headers = await write();
    await write();
    expect(leaves.length).toBe(before + 2);
    const times = leaves.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Number(headers.get('x-ratelimit-reset') ?? 0)).toBeLessThanOrEqual(60);
    expect((await call(server.url, 'GET', '/health')).status).toBe(200);
  });

  it('dates no leaf by it: the database says when', () => {
    for (const { time } of leaves) expect(Math.abs(time - Date.now())).toBeLessThan(HOUR_MS);
  });

  it.each([5, -5])('dates blocks by the database, too (%i hours off)', async (hours) => {
    setClock(hours * HOUR_MS);
    const made = datasetOf(`of-${hours < 0 ? 'yesterday' : 'tomorrow'}`, goodLines(20, String(hours)));
    const nonce = nonceFor('local', made.description, WORK_BITS);
    const { status, body } = await uploadDataset(server, null, made, nonce);
    expect(status).toBe(200);
    const { stages } = (await call<Blocks>(server.url, 'GET', `/datasets/${String(body.id)}`)).body;
    expect(stages.length).toBeGreaterThan(0);
    for (const { timestamp } of stages) expect(Math.abs(timestamp - Date.now())).toBeLessThan(HOUR_MS);
  });

  it.each([6, -6])('keeps an approval and does its step once (%i hours in between)', async (hours) => {
    setClock(0);
    const counter = await startCounter();
    const parameters = { folder: '/nothing' };
    const asked = await call<TaskDocument>(server.url, 'POST', '/task/start', {
      task_type: 'import_model',
      parameters,
    });
    const id = asked.body.task_id;
    await waitForTask(server.url, id, ['waiting_approval']);
    setClock(hours * HOUR_MS);
    expect(
      (await call(server.url, 'POST', `/task/${id}/approve`, { approved: true, reason: 'go' })).status,
    ).toBe(200);
    await waitForTask(server.url, id, ENDS);
    const probe = { task_type: 'http_probe', parameters: { url: counter.url } };
    const done = await call<TaskDocument>(server.url, 'POST', '/task/start', probe);
    expect((await waitForTask(server.url, done.body.task_id, ENDS)).state).toBe('completed');
    expect(counter.requests).toEqual([`${done.body.task_id}/0`]);
    counter.close();
  });

  it.each([6, -6])('stops and resumes automatic action (%i hours off)', async (hours) => {
    setClock(hours * HOUR_MS);
    const post = (path: string) =>
      call<{ at: number }>(server.url, 'POST', path, { reason: 'the clock is odd' });
    const stopped = await post('/api/guardian/emergency-stop');
    expect(stopped.status).toBe(200);
    // What is said of the server's own time shows that the jumps are real.
    expect(Math.abs(stopped.body.at - Date.now())).toBeGreaterThan(5 * HOUR_MS);
    setClock(0);
    expect((await post('/api/guardian/resume')).status).toBe(200);
  });
});
