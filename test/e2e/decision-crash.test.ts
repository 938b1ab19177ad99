import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { packageRoot } from '../../src/common/installation.js';
import { api, importTwoReleases, liveVersion, type DecisionDocument } from '../support/autonomy.js';
import {
  answerOnce,
  createTestDatabase,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';

const PROMOTE = { action: 'promote', parameters: { model: 'mixtral-a', version: '1.0.1' }, reason: 'better' };
const ROLL_BACK = { action: 'previous_release', parameters: { model: 'mixtral-a' }, reason: 'as it was' };

describe('a server that is killed in the middle of an action', () => {
  const dataDir = temporaryFolder('decision-crash');
  let database: string;
  let whole: TestServer | undefined;

  const start = (env: Record<string, string> = {}) =>
    startServer({ dataDir, database, until: 'listening', env: { IMPORT_GENESIS: 'false', ...env } });
  const query = async (sql: string) => {
    const client = new Client({ connectionString: database });
    await client.connect();
    const { rows } = await client.query<Record<string, string>>(sql).finally(() => client.end());
    return rows;
  };

  beforeAll(async () => {
    database = (await createTestDatabase()).url;
    const first = await start();
    await importTwoReleases(first);
    await first.stop();
  });
  afterEach(() => whole?.stop());

  /** Orders an action on a server that dies when it tells of an event. @returns the decision it left */
  async function cutOff(order: object, event: Record<string, string>): Promise<string> {
    const preload = join(packageRoot(), 'test', 'support', 'crash-at-decision.mjs');
    const doomed = await start({ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`, ...event });
    const exited = once(doomed.process, 'exit');
    await api(doomed, 'POST', '/api/guardian/override', order).catch(() => null);
    const [, signal] = (await exited) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    // As if the time was over for which the action was left to the dead server.
    const left = await query(
      `UPDATE decisions SET lease_until = now() WHERE state = 'executing' RETURNING id, result IS NOT NULL AS prepared`,
    );
    expect(left).toMatchObject([{ prepared: true }]);
    return left[0].id;
  }

  async function reaches(id: string, state: string): Promise<DecisionDocument> {
    let last = {} as DecisionDocument;
    await until(`${id} is ${state}`, async () => {
      last = (await api(whole!, 'GET', `/api/autonomous/decisions/${id}`)).body as never;
      return last.state === state;
    });
    return last;
  }
  const promotions = async () =>
    Number((await query(`SELECT count(*) AS n FROM log_entries WHERE kind = 'release.promoted'`))[0].n);

  it('does after a restart what had not begun yet, once', async () => {
    const before = await promotions();
    const id = await cutOff(PROMOTE, { CRASH_EVENT: 'decision.changed', CRASH_STATE: 'executing' });
    expect(await promotions()).toBe(before);
    whole = await start();
    expect(await reaches(id, 'succeeded')).toMatchObject({ helped: true });
    expect([await liveVersion(whole), await promotions()]).toEqual(['1.0.1', before + 1]);
    const records = await query(
      `SELECT record FROM guardian_audit WHERE decision_id = '${id}' ORDER BY position`,
    );
    const events = records.map(({ record }) => (JSON.parse(record) as { event: string }).event);
    expect(events.slice(-3)).toEqual(['decision.executing', 'decision.taken_up', 'decision.succeeded']);
  });

  it('only writes down what had happened already: going back twice would go further back', async () => {
    const before = await promotions();
    const id = await cutOff(ROLL_BACK, { CRASH_EVENT: 'release.live' });
    expect(await promotions()).toBe(before + 1);
    whole = await start();
    expect((await reaches(id, 'succeeded')).detail).toContain('it was done before a crash');
    expect([await liveVersion(whole), await promotions()]).toEqual(['1.0.0', before + 1]);
  });

  it('leaves it to a guardian when it is stopped before the restart', async () => {
    const id = await cutOff(PROMOTE, { CRASH_EVENT: 'decision.changed', CRASH_STATE: 'executing' });
    writeFileSync(join(dataDir, 'STOP'), 'not now');
    const server = (whole = await start());
    const held = (await reaches(id, 'held')) as DecisionDocument & { reason: string };
    expect(held.reason).toContain('a crash cut it off');
    expect(held.reason).toContain('stopped by signal file: not now');
    expect(await liveVersion(whole)).toBe('1.0.0');
    // The call comes after the state.
    const alerts = await answerOnce(
      async () => (await api(server, 'GET', '/api/monitoring/alerts')).body.items as { summary: string }[],
      (found) => found.length > 0,
    );
    expect(alerts).toMatchObject([{ severity: 'critical', evidence: { decision: id, reason: 'cut_off' } }]);
    await api(whole, 'POST', '/api/guardian/resume', { reason: 'over' });
    const order = { decision_id: id, outcome: 'approve', reason: 'now' };
    expect((await api(whole, 'POST', '/api/guardian/override', order)).body).toMatchObject({
      ...{ state: 'succeeded', helped: true },
    });
    expect(await liveVersion(whole)).toBe('1.0.1');
  });

  it('is taken back by a guardian where it is held: what had not begun stays as it was, and is not done later', async () => {
    const before = await promotions();
    const id = await cutOff(ROLL_BACK, { CRASH_EVENT: 'decision.changed', CRASH_STATE: 'executing' });
    writeFileSync(join(dataDir, 'STOP'), 'not now');
    whole = await start();
    await reaches(id, 'held');
    // Orders of people hold while automatic action is stopped.
    const override = (outcome: string) =>
      api(whole!, 'POST', '/api/guardian/override', { decision_id: id, outcome, reason: 'leave it' });
    expect(await override('undo')).toMatchObject({ status: 200, body: { state: 'undone', helped: null } });
    expect((await override('undo')).body).toMatchObject({ code: 'STATE_CONFLICT' });
    expect((await override('approve')).body).toMatchObject({ code: 'STATE_CONFLICT' });
    await api(whole, 'POST', '/api/guardian/resume', { reason: 'over' });
    expect((await api(whole, 'GET', `/api/autonomous/decisions/${id}`)).body.state).toBe('undone');
    expect([await liveVersion(whole), await promotions()]).toEqual(['1.0.1', before]);
  });

  it('is taken back by a guardian where it is held half done', async () => {
    const before = await promotions();
    const id = await cutOff(ROLL_BACK, { CRASH_EVENT: 'release.live' });
    expect(await promotions()).toBe(before + 1);
    // As if a check had asked for a guardian before anybody saw that it was done.
    await query(`UPDATE decisions SET state = 'held', lease_until = NULL WHERE id = '${id}'`);
    whole = await start();
    expect(await liveVersion(whole)).toBe('1.0.0');
    const order = { decision_id: id, outcome: 'undo', reason: 'as it was' };
    expect((await api(whole, 'POST', '/api/guardian/override', order)).body).toMatchObject({
      state: 'undone',
    });
    expect([await liveVersion(whole), await promotions()]).toEqual(['1.0.1', before + 2]);
  });
});
