import { api } from '../support/autonomy.js';
import {
  createTestDatabase,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';

const ENV = { IMPORT_GENESIS: 'false', HEALING: 'watch' };
/** From so many within an hour on a guardian is called (config/healing.yaml). */
const TOO_MANY = 3;

it('writes an incident for each server that was killed, and calls from the third one on, also without a supervisor', async () => {
  const { url: database } = await createTestDatabase();
  const dataDir = temporaryFolder('crashing');
  const start = () => startServer({ env: ENV, dataDir, database });
  const crashes = async (server: TestServer) => {
    const { body } = await api(server, 'GET', '/api/healing/incidents');
    const items = body.items as { cause: string; state: string; summary: string; incident_id: string }[];
    return items.filter(({ cause }) => cause === 'process_crashed');
  };
  const ended = async (server: TestServer) =>
    (await crashes(server)).filter(({ summary }) => summary.includes('left no mark'));
  const calls = async (server: TestServer) => {
    const { body } = await api(server, 'GET', '/api/monitoring/alerts');
    const items = body.items as { fingerprint: string; severity: string; state: string }[];
    return items.filter(({ fingerprint }) => fingerprint.startsWith('healing.process_crashed'));
  };

  let server = await start();
  for (let crash = 1; crash <= TOO_MANY; crash++) {
    expect(await calls(server)).toEqual([]);
    await server.stop('SIGKILL');
    server = await start();
    await until('its incident', async () => (await ended(server)).filter(isOver).length === crash);
  }
  await until('a call', async () => (await calls(server)).length === 1);
  expect(await calls(server)).toMatchObject([{ severity: 'critical', state: 'firing' }]);

  // An orderly end is none, and what was told of is not told again; whoever was called is not called twice.
  expect(await server.stop()).toBe(0);
  server = await start();
  const escalated = async () => (await crashes(server)).find(({ state }) => state === 'escalated');
  await until('what it remembers', async () => (await escalated()) !== undefined);
  expect((await ended(server)).filter(isOver)).toHaveLength(TOO_MANY);
  expect(await calls(server)).toHaveLength(1);
  await server.stop();
});

/** Whether it is the incident of one end, which is over when it is written. */
function isOver({ state, summary }: { state: string; summary: string }): boolean {
  return state === 'resolved' && summary.startsWith('The server ended though');
}
