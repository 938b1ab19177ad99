import { Client } from 'pg';
import { api } from '../support/autonomy.js';
import { answerOnce, startServer, type TestServer } from '../support/index.js';

const HOURS = 6;
const HOUR_MS = 3_600_000;
const FORGED = 'ab'.repeat(32);

interface Reports {
  readonly every_hours: number;
  readonly items: readonly {
    readonly report_id: string;
    readonly at: number;
    readonly status: string;
    readonly report: Record<string, unknown>;
  }[];
}

const reportsOf = async (server: TestServer) =>
  (await api(server, 'GET', '/api/monitoring/reports')).body as unknown as Reports;

/** Waits until there are so many reports. */
const reports = (server: TestServer, count: number) =>
  answerOnce(
    () => reportsOf(server),
    ({ items }) => items.length >= count,
  );

/** Lets the time pass that the next report waits for: all that is stored becomes older. An audit row appears that nobody logged. */
async function grow(server: TestServer, ms: number): Promise<void> {
  const client = new Client({ connectionString: server.databaseUrl ?? undefined });
  await client.connect();
  await client.query('UPDATE health_reports SET at = at - $1', [ms]);
  await client.query(`INSERT INTO guardian_audit (hash, record) VALUES ($1, '{}')`, [FORGED]);
  await client.end();
}

describe('the health report', () => {
  it('is made with the first round and again when the last is six hours old, and is shown', async () => {
    const env = { IMPORT_GENESIS: 'false', MONITORING_MINUTES: '1' };
    const first = await startServer({ env });
    const { every_hours: hours, items } = await reports(first, 1);
    expect(hours).toBe(HOURS);
    expect(items).toMatchObject([{ status: expect.any(String), report: { status: items[0].status } }]);
    const lines = (report: Record<string, unknown>) =>
      report.examinations as Record<string, { status: string; detail: string }>;
    const agree = { status: 'ok', detail: expect.stringContaining('agree') as string };
    expect(lines(items[0].report)).toMatchObject({ guardian_audit: agree, task_audit: agree });
    await grow(first, HOURS * HOUR_MS);
    await first.stop();
    const { dataDir, databaseUrl } = first;
    const second = await startServer({ dataDir, database: databaseUrl ?? 'embedded', env });
    const [newest, before, ...others] = (await reports(second, 2)).items;
    expect(others).toEqual([]);
    expect(before.report_id).toBe(items[0].report_id);
    expect(newest.at - before.at).toBeGreaterThanOrEqual(HOURS * HOUR_MS);
    expect(newest.status).toBe('critical');
    expect(lines(newest.report)).toMatchObject({
      guardian_audit: {
        status: 'failed',
        detail: `the record ${FORGED} has no entry in the log; see stemma fsck`,
      },
      task_audit: agree,
    });
    await second.stop();
  });
});
