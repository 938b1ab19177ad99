import { hashJson, type Json } from '../../src/common/index.js';
import { RecordWalk } from '../../src/log/index.js';
import { openTestDatabase } from '../support/index.js';

const KIND = 'guardian.audit';
/** More than several rounds of the walk look at. */
const MANY = 1_300;

describe('audit records beside the log', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let sut: RecordWalk;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await query('TRUNCATE guardian_audit, log_entries RESTART IDENTITY CASCADE');
    sut = new RecordWalk(database.dataSource, {
      ...{ name: 'guardian_audit', kind: KIND },
      hashOf: (record) => hashJson(record as Json),
    });
    await fill(0, 3);
  });

  const query = (text: string, parameters: unknown[] = []) => database.dataSource.query(text, parameters);
  const hashOf = (n: number) => hashJson({ n });
  /** Records with their entries, other entries between them. */
  const fill = async (from: number, to: number) => {
    const numbers = Array.from({ length: to - from }, (_, i) => from + i);
    const hashes = numbers.map(hashOf);
    await query(
      `INSERT INTO guardian_audit (hash, record)
       SELECT h, '{"n":' || n || '}' FROM unnest($1::text[], $2::int[]) AS made (h, n) ORDER BY n`,
      [hashes, numbers],
    );
    await query(
      `INSERT INTO log_entries (kind, subject, leaf)
       SELECT k, h, '{"hash":"' || h || '"}' FROM unnest($1::text[], $2::int[]) AS made (h, n), unnest($3::text[]) k ORDER BY n`,
      [hashes, numbers, [KIND, 'block']],
    );
  };
  const alter = (n: number, record = '{"n":-1}') =>
    query('UPDATE guardian_audit SET record = $2 WHERE hash = $1', [hashOf(n), record]);
  const told = async () => {
    const { status, detail } = await sut.check();
    return `${status}: ${detail}`;
  };

  it('agree, also while there are none', async () => {
    expect(await told()).toMatch(/^ok: \d+ comparisons/);
    await query('TRUNCATE guardian_audit, log_entries');
    expect(await sut.check()).toMatchObject({ status: 'ok' });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['changed', () => alter(1), 'was altered'],
    ['no JSON any more', () => alter(1, '{'), 'was altered'],
    [
      'taken away',
      () => query('DELETE FROM guardian_audit WHERE hash = $1', [hashOf(1)]),
      'is in the log, but not stored',
    ],
    [
      'slipped in',
      () => query('DELETE FROM log_entries WHERE subject = $1', [hashOf(1)]),
      'has no entry in the log',
    ],
    [
      'changed in the entry',
      () => query(`UPDATE log_entries SET leaf = '{"hash":"other"}' WHERE subject = $1`, [hashOf(1)]),
      'has an entry in the log that was altered',
    ],
  ])('tell of one that was %s', async (_how, harm, expected) => {
    await harm();
    expect(await told()).toBe(`failed: the record ${hashOf(1)} ${expected}; see stemma fsck`);
  });

  it('tell of an old one within a walk, until it is mended, and look at as many in each round', async () => {
    await fill(3, MANY);
    const compared: number[] = [];
    const round = async () => {
      const { status, facts } = await sut.check();
      compared.push(Number(facts?.compared));
      return status;
    };
    // It is neither among the newest nor the first of the walk.
    await alter(MANY / 2);
    expect(await round()).toBe('ok');
    let rounds = 1;
    for (; rounds < 10 && (await round()) === 'ok'; rounds++);
    expect(rounds).toBeLessThan(10);
    // It is still told where the walk has gone on.
    expect(await round()).toBe('failed');
    await alter(MANY / 2, `{"n":${MANY / 2}}`);
    expect(await round()).toBe('ok');
    const steps = compared.map((count, i) => count - (compared[i - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(2 * 250 + 2 * 1_000 + 1);
    // Whoever is taken away is found by the walk through the log.
    await query('DELETE FROM guardian_audit WHERE hash = $1', [hashOf(10)]);
    for (rounds = 0; rounds < 10 && (await round()) === 'ok'; rounds++);
    expect(await told()).toContain(`${hashOf(10)} is in the log, but not stored`);
  });
});
