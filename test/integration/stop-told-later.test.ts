import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { EventBus } from '../../src/common/index.js';
import type { DatabaseConnection, Transactions } from '../../src/database/index.js';
import { GuardianTrail, EmergencyStop } from '../../src/guardian/index.js';
import { SharedSettings } from '../../src/guardian/shared/shared-settings.js';
import type { ServingPlan } from '../../src/inference/index.js';
import type { LogAppender } from '../../src/log/index.js';
import { openTestDatabase, temporaryFolder, testConfig, until } from '../support/index.js';

/** What becomes of a transaction: it happens, cannot begin, or happens and its answer is lost with the connection. */
type Fate = 'done' | 'away' | 'unanswered';

describe('a stop that a replica cannot tell at once', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  const running: EmergencyStop[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await openTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(() => database.dataSource.query('TRUNCATE shared_settings, guardian_audit'));
  afterEach(() => Promise.all(running.splice(0).map((stop) => stop.onModuleDestroy())));

  /** A replica that hears of changes when it is asked to look, and whose transactions meet these fates, the last one for good. */
  async function replica(...fates: Fate[]) {
    const serving: { closed: string | null } = { closed: null };
    const folder = temporaryFolder();
    const settings = new SharedSettings(database.dataSource, {} as DatabaseConnection);
    const log = { append: () => Promise.resolve(), committed: () => undefined } as unknown as LogAppender;
    const lost = () => Promise.reject(new QueryRunnerAlreadyReleasedError());
    const run: Transactions['run'] = async (work) => {
      const fate = fates.length > 1 ? fates.shift() : fates[0];
      if (fate === 'away') return lost();
      const done = await database.transactions.run(work);
      return fate === 'unanswered' ? lost() : done;
    };
    const sut = new EmergencyStop(
      testConfig({ dataDir: folder }),
      new AutonomyGate(),
      { close: (reason: string | null) => (serving.closed = reason) } as unknown as ServingPlan,
      settings,
      { run } as Transactions,
      new GuardianTrail(database.dataSource, log),
      log,
      new EventBus(),
    );
    await sut.onModuleInit();
    running.push(sut);
    const meets = (...next: Fate[]) => void fates.splice(0, fates.length, ...next);
    return { sut, serving, meets, look: () => settings.refresh(), file: join(folder, 'STOP') };
  }
  const recorded = async () => {
    const rows = await database.dataSource.query<{ record: string }[]>(
      'SELECT record FROM guardian_audit ORDER BY position',
    );
    return rows.map(({ record }) => {
      const { event, reason } = JSON.parse(record) as { event: string; reason: string };
      return `${event}: ${reason}`;
    });
  };

  it('does not undo a stop of answers that came meanwhile, neither here nor elsewhere', async () => {
    const [here, there] = [await replica('away'), await replica('done')];
    await expect(here.sut.stop('ada', 'X', false)).rejects.toThrow();
    await there.sut.stop('bob', 'Y', true);
    await here.look();
    expect([here.sut.state, here.serving.closed]).toEqual([
      expect.objectContaining({ stopped: true, inference: true, by: 'ada' }),
      'stopped by ada: X',
    ]);
    here.meets('done');
    await until('it was told', async () => (await recorded()).length === 2);
    await there.look();
    expect([there.sut.state, there.serving.closed]).toEqual([
      expect.objectContaining({ stopped: true, inference: true, by: 'ada', reason: 'X' }),
      'stopped by ada: X',
    ]);
  });

  it('is answered as recorded where only the answer of the database was lost', async () => {
    const here = await replica('unanswered', 'done');
    expect(await here.sut.stop('ada', 'X', false)).toMatchObject({ stopped: true, by: 'ada' });
    expect([await recorded(), existsSync(here.file)]).toEqual([['autonomy.stopped: X'], false]);
  });

  it('is recorded once, and does not stop again what was resumed, where its answer was lost for longer', async () => {
    const [here, there] = [await replica('unanswered', 'away'), await replica('done')];
    await expect(here.sut.stop('ada', 'X', false)).rejects.toThrow();
    await there.look();
    expect(there.sut.state.stopped).toBe(true);
    await there.sut.resume('bob', 'over');
    await here.look();
    expect(here.sut.state).toMatchObject({ stopped: true, by: 'ada' });
    here.meets('done');
    await until('it goes on here', () => !here.sut.state.stopped);
    await there.look();
    expect([there.sut.state.stopped, await recorded()]).toEqual([
      false,
      ['autonomy.stopped: X', 'autonomy.resumed: over'],
    ]);
    await until('the file is gone', () => !existsSync(here.file));
  });

  it('lies in the signal file at once, until it is told, and is not told a second time because of it', async () => {
    const here = await replica('away');
    await expect(here.sut.stop('ada', 'X', false)).rejects.toThrow();
    expect(readFileSync(here.file, 'utf8')).toBe('ada: X\n');
    here.meets('done');
    await until('the file is gone', () => !existsSync(here.file));
    expect([here.sut.state.by, await recorded()]).toEqual(['ada', ['autonomy.stopped: X']]);
  });

  it('leaves a signal file that somebody else put there as it is', async () => {
    const here = await replica('away');
    writeFileSync(here.file, 'by hand');
    await until('it is found', () => here.sut.state.stopped);
    await expect(here.sut.stop('ada', 'X', false)).rejects.toThrow();
    expect(readFileSync(here.file, 'utf8')).toBe('by hand');
    here.meets('done');
    await until('it was told', async () => (await recorded()).includes('autonomy.stopped: X'));
    await here.sut.onModuleDestroy();
    expect(readFileSync(here.file, 'utf8')).toBe('by hand');
  });

  it('still lies in the signal file when a resume could not be recorded', async () => {
    const here = await replica('away');
    await expect(here.sut.stop('ada', 'X', false)).rejects.toThrow();
    await expect(here.sut.resume('bob', 'over')).rejects.toThrow();
    expect([here.sut.state.by, readFileSync(here.file, 'utf8')]).toEqual(['ada', 'ada: X\n']);
    here.meets('done');
    await here.sut.resume('bob', 'over');
    expect([here.sut.state.stopped, existsSync(here.file)]).toEqual([false, false]);
    expect(await recorded()).toContain('autonomy.resumed: over');
  });
});
