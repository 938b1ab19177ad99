import { SharedReleaseFigures } from '../../src/guardian/actions/release-figures.js';
import { ServingPlan } from '../../src/inference/index.js';
import { openTestDatabase } from '../support/index.js';

const RELEASE = 'ab'.repeat(32);

describe('figures of a canary that two processes serve', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  const started: SharedReleaseFigures[] = [];

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(async () => {
    await Promise.all(started.map((each) => each.onModuleDestroy()));
    await database.close();
  });

  /** What one process has. */
  const serve = () => {
    const plan = new ServingPlan();
    const figures = new SharedReleaseFigures(database.dataSource, plan);
    started.push(figures);
    return { plan, figures };
  };

  it('are summed, and each process sees all of them', async () => {
    const [one, other] = [serve(), serve()];
    for (const ms of [10, 20]) one.plan.observe(RELEASE, ms);
    one.plan.observe(RELEASE, null);
    for (const ms of [30, 40, 50]) other.plan.observe(RELEASE, ms);
    await other.figures.flush();
    const sum = { answers: 6, failed: 1, firstTokenMs: 30 };
    expect(await one.figures.of(RELEASE)).toEqual(sum);
    expect(await other.figures.of(RELEASE)).toEqual(sum);
    expect(await other.figures.of('cd'.repeat(32))).toEqual({ answers: 0, failed: 0, firstTokenMs: null });
  });

  it('outlive a process, count at once from many, and begin anew when the release is staged', async () => {
    const before = (await serve().figures.of(RELEASE)).answers;
    const many = Array.from({ length: 8 }, serve);
    for (const { plan } of many) for (let i = 0; i < 25; i++) plan.observe(RELEASE, 5);
    await Promise.all(many.map(({ figures }) => figures.flush()));
    const [{ figures }] = many;
    expect((await figures.of(RELEASE)).answers).toBe(before + 200);
    await database.transactions.run((manager) => figures.forget(manager, RELEASE));
    expect((await figures.of(RELEASE)).answers).toBe(0);
  });

  it('leave out what is older than a day', async () => {
    const { plan, figures } = serve();
    plan.observe(RELEASE, 5);
    await figures.flush();
    await database.dataSource.query(`UPDATE release_figures SET hour = hour - interval '25 hours'`);
    expect((await figures.of(RELEASE)).answers).toBe(0);
  });

  it('tell which share of all answers is whose, once there are enough', async () => {
    await database.dataSource.query('TRUNCATE release_figures');
    const [one, other] = [serve(), serve()];
    const [a, b, c] = ['a1', 'b2', 'c3'].map((pair) => pair.repeat(32));
    for (let i = 0; i < 5; i++) one.plan.observe(a, 5);
    for (let i = 0; i < 4; i++) other.plan.observe(b, null);
    await other.figures.flush();
    expect(await one.figures.shareOf([a], 10)).toBeNull();
    for (let i = 0; i < 11; i++) one.plan.observe(c, 5);
    expect(await one.figures.shareOf([a], 10)).toBe(0.25);
    expect(await one.figures.shareOf([a, b], 10)).toBe(0.45);
    expect(await one.figures.shareOf(['d4'.repeat(32)], 10)).toBe(0);
    await database.dataSource.query(`UPDATE release_figures SET hour = hour - interval '25 hours'`);
    expect(await one.figures.shareOf([a], 10)).toBeNull();
  });

  it('wait in the process while the database cannot take them', async () => {
    const { plan, figures } = serve();
    await database.dataSource.query('ALTER TABLE release_figures RENAME TO away');
    plan.observe(RELEASE, 5);
    await figures.flush();
    plan.observe(RELEASE, null);
    await database.dataSource.query('ALTER TABLE away RENAME TO release_figures');
    expect(await figures.of(RELEASE)).toMatchObject({ answers: 2, failed: 1 });
  });
});
