import { Instance } from '../../src/config/index.js';
import { HistoryReader, MOST_MEASURES, MOST_SPANS } from '../../src/monitoring/history/history-reader.js';
import { Partitions } from '../../src/monitoring/history/partitions.js';
import { ObservationStore } from '../../src/monitoring/index.js';
import { openTestDatabase, testConfig } from '../support/index.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HALF_YEAR_MS = 183 * DAY_MS;
const NOW = Date.UTC(2026, 10, 15, 12);
/** How often is measured here: half a year has 8,784 of them. */
const EVERY_MS = HOUR_MS / 2;

describe('the history of several servers', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let partitions: Partitions;
  let a: ReturnType<typeof server>;
  let b: ReturnType<typeof server>;

  function server(nodeName: string) {
    const config = testConfig({ nodeName });
    const instance = new Instance(config);
    return {
      instance,
      reader: new HistoryReader(config, database.dataSource, instance),
      store: new ObservationStore(config, database.dataSource, partitions, instance),
      nodeName,
    };
  }

  /** Half a year of measurements: the share grows from 0 to 1, and every hundredth is a peak. */
  const measureFor = ({ instance, nodeName }: typeof a) =>
    database.dataSource.query(
      `INSERT INTO monitoring_observations (agent, node, instance, at, status, score, detail, measures)
       SELECT 'performance', $1, $2, to_timestamp(($3::bigint - n * $4::bigint) / 1000.0),
         CASE n % 100 WHEN 7 THEN 'critical' ELSE 'ok' END, n % 10 / 10.0, '',
         json_build_object('cpu_share', CASE n % 100 WHEN 7 THEN 5 ELSE 1 - n / $5::float8 END, 'steady', 3)::text
       FROM generate_series(1, $5::int) AS n`,
      [nodeName, instance.id, NOW, EVERY_MS, HALF_YEAR_MS / EVERY_MS],
    );

  beforeAll(async () => {
    database = await openTestDatabase();
    const config = testConfig();
    partitions = new Partitions(config, database.dataSource, database.transactions);
    [a, b] = [server('web'), server('web')];
    for (let month = 0; month < 8; month++) await partitions.prepare(Date.UTC(2026, 10 - month, 1));
    for (const each of [a, b]) await measureFor(each);
  });
  afterAll(() => database.close());

  it('covers half a year, every measurement counted once, in at most 600 spans', async () => {
    const history = await a.reader.read({ agent: 'performance', from: NOW - HALF_YEAR_MS, to: NOW });
    const { items } = history;
    expect(history).toMatchObject({ node: 'web', instance: a.instance.id });
    expect(items.length).toBeLessThanOrEqual(MOST_SPANS);
    expect(items.length).toBeGreaterThan(MOST_SPANS - 10);
    expect(items.reduce((sum, { count }) => sum + count, 0)).toBe(HALF_YEAR_MS / EVERY_MS);
    expect(items[0].at).toBeLessThan(NOW - HALF_YEAR_MS + history.spanMs + 1);
    expect(items[items.length - 1].at).toBe(NOW - EVERY_MS);
    expect(items.every(({ at }, i) => i === 0 || at > items[i - 1].at)).toBe(true);
    expect(items.every(({ measures }) => measures.steady === 3)).toBe(true);
  });

  it('tells the mean and the worst of a span: a peak does not vanish in half a year', async () => {
    const { items } = await a.reader.read({ agent: 'performance', from: NOW - HALF_YEAR_MS, to: NOW });
    const peaks = items.filter(({ most }) => most?.cpu_share === 5);
    expect(peaks.length).toBeGreaterThan(80);
    for (const { status, measures, least, count } of peaks) {
      expect(status).toBe('critical');
      expect(measures.cpu_share).toBeGreaterThan(Number(least?.cpu_share));
      expect(measures.cpu_share).toBeLessThan(5 / count + 1);
    }
    const calm = items.filter(({ status }) => status === 'ok');
    expect(calm.length + peaks.length).toBe(items.length);
    for (const { measures, least, most } of calm) {
      expect(measures.cpu_share).toBeCloseTo((Number(least?.cpu_share) + Number(most?.cpu_share)) / 2, 9);
    }
    expect(Math.min(...items.map(({ score }) => Number(score)))).toBe(0);
  });

  it('shows what was measured once as it was, with nothing worse besides', async () => {
    const { items, spanMs } = await a.reader.read({ agent: 'performance', from: NOW - DAY_MS, to: NOW });
    expect(spanMs).toBeLessThan(EVERY_MS);
    expect(items).toHaveLength(DAY_MS / EVERY_MS);
    expect(items.at(-1)).toEqual({
      ...{ at: NOW - EVERY_MS, count: 1, status: 'ok', score: 0.1 },
      measures: { cpu_share: 1 - EVERY_MS / HALF_YEAR_MS, steady: 3 },
    });
  });

  it('is one server’s, and names the others', async () => {
    await b.store.add('performance', NOW - 1, {
      ...{ status: 'warning', score: null, detail: '', measures: { only_b: 7 }, troubles: [] },
    });
    const asked = { agent: 'performance', from: NOW - 1_000, to: NOW } as const;
    expect((await a.reader.read(asked)).items).toEqual([]);
    const ofB = { at: NOW - 1, count: 1, status: 'warning', score: null, measures: { only_b: 7 } };
    expect((await b.reader.read(asked)).items).toEqual([ofB]);
    expect((await a.reader.read({ ...asked, instance: b.instance.id })).items).toEqual([ofB]);
    const [one] = await a.reader.servers('performance', NOW - 1_000);
    expect(one).toEqual({ node: 'web', instance: b.instance.id });
    const both = [a, b].map(({ instance }) => ({ node: 'web', instance: instance.id }));
    const all = await a.reader.servers('performance', NOW - DAY_MS);
    expect(all).toEqual(both.sort((x, y) => (x.instance < y.instance ? -1 : 1)));
    expect(await a.reader.servers('health', 0)).toEqual([]);
    expect(await a.reader.read({ ...asked, instance: '0'.repeat(12) })).toMatchObject({
      node: null,
      items: [],
    });
  });

  it('tells only the measures that are asked for, and of very many only some', async () => {
    const day = { from: NOW - DAY_MS, to: NOW };
    const some = await a.reader.read({ ...day, agent: 'performance', measures: ['steady', 'unknown'] });
    expect(some.items.every(({ measures }) => Object.keys(measures).join() === 'steady')).toBe(true);
    const many = Object.fromEntries(Array.from({ length: MOST_MEASURES + 9 }, (_, i) => [`m${i}`, i]));
    await a.store.add('health', NOW - 1, {
      status: 'ok',
      score: 1,
      detail: '',
      measures: many,
      troubles: [],
    });
    const { items } = await a.reader.read({ ...day, agent: 'health' });
    expect(Object.keys(items[0].measures)).toHaveLength(MOST_MEASURES);
  });

  it('takes measures that have the names of columns of the table', async () => {
    const names = ['agent', 'at', 'detail', 'instance', 'measures', 'node', 'score', 'status'];
    const measures = Object.fromEntries(names.map((name, i) => [name, i]));
    const asked = { agent: 'health', from: NOW + DAY_MS - 1, to: NOW + DAY_MS } as const;
    await b.store.add('health', asked.from, { status: 'ok', score: 1, detail: '', measures, troubles: [] });
    const seen = { at: asked.from, count: 1, status: 'ok', score: 1 };
    expect((await b.reader.read(asked)).items).toEqual([{ ...seen, measures }]);
    const { items } = await b.reader.read({ ...asked, measures: ['at', 'score'] });
    expect(items).toEqual([{ ...seen, measures: { at: measures.at, score: measures.score } }]);
  });

  it('has what was measured under its name before servers were told apart', async () => {
    const old = { from: NOW - 400 * DAY_MS, to: NOW - 300 * DAY_MS };
    for (const [node, at] of [
      ['web', old.to - 2],
      ['db', old.to - 1],
    ] as const) {
      await partitions.prepare(at);
      await database.dataSource.query(
        `INSERT INTO monitoring_observations (agent, node, at, status, detail, measures)
         VALUES ('security', $1, to_timestamp($2 / 1000.0), 'ok', '', '{"x":1}')`,
        [node, at],
      );
    }
    const { items } = await a.reader.read({ ...old, agent: 'security' });
    expect(items.map(({ at }) => at)).toEqual([old.to - 2]);
  });
});
