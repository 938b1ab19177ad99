import { Partitions } from '../../src/monitoring/history/partitions.js';
import { openTestDatabase, testConfig } from '../support/index.js';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 15);
/** The middle of a month so many before. */
const monthsAgo = (count: number) => Date.UTC(2026, 10 - count, 15);

describe('months of observations on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let partitions: Partitions;

  beforeEach(async () => {
    database = await openTestDatabase();
    const config = testConfig({ monitoringRetentionDays: 184 });
    partitions = new Partitions(config, database.dataSource, database.transactions);
  });
  afterEach(() => database.close());

  const observe = async (at: number) => {
    await partitions.prepare(at);
    await database.dataSource.query(
      `INSERT INTO monitoring_observations (agent, node, at, status, detail, measures)
       VALUES ('health', 'n', to_timestamp($1 / 1000.0), 'ok', '', '{}')`,
      [at],
    );
  };
  const kept = async () => {
    const rows = await database.dataSource.query<{ month: string }[]>(
      `SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month FROM monitoring_observations ORDER BY at`,
    );
    return rows.map(({ month }) => month);
  };

  it('go when they have been kept long enough', async () => {
    for (let month = 9; month >= 0; month--) await observe(monthsAgo(month));
    expect(await kept()).toEqual(['05', '06', '07', '08', '09', '10', '11'].map((month) => `2026-${month}`));
  });

  it('stay half a year though a clock has run years ahead', async () => {
    for (let month = 8; month >= 0; month--) await observe(monthsAgo(month));
    const before = await kept();
    await observe(NOW + 3_000 * DAY_MS);
    expect((await kept()).slice(0, -1)).toEqual(before.slice(-6));
  });
});
