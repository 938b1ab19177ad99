import { randomBytes, randomUUID } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { Fsck, FsckRegistry, BlockStores } from '../../src/chain/index.js';
import { bytesToHex, EventBus, sha256Bytes, unwrap } from '../../src/common/index.js';
import { RESTORE_MARK, checkRestored } from '../../src/config/index.js';
import { connectDataSource, dataSourceOptions, Transactions } from '../../src/database/index.js';
import { NodeKeys } from '../../src/keys/index.js';
import { LogFiles, Sequencer } from '../../src/log/index.js';
import { LogSignal } from '../../src/log/log-signal.js';
import { DirectEntries } from '../../src/log/sequencer/direct-entries.js';
import { PublishedEntries } from '../../src/log/published-entries.js';
import { LedgerFsck } from '../../src/rewards/ledger/ledger-fsck.js';
import type { TransferDraft } from '../../src/rewards/ledger/transfer.js';
import { DatabaseView } from '../../src/snapshots/create/database-view.js';
import { Headroom } from '../../src/snapshots/create/headroom.js';
import { Snapshots } from '../../src/snapshots/create/snapshots.js';
import { openManifest, signManifest, type SnapshotManifest } from '../../src/snapshots/manifest.js';
import { checkSnapshot } from '../../src/snapshots/restore/check-snapshot.js';
import { restoreSnapshot } from '../../src/snapshots/restore/restore-snapshot.js';
import { prepareTarget } from '../../src/snapshots/restore/target.js';
import { transferId } from '../support/ledger-drafts.js';
import { PATIENCE_MS, sharedPostgres, temporaryFolder, testConfig } from '../support/index.js';
import { metaBlock } from './chain-support.js';
import { openLedger, type LedgerUnderTest } from './ledger-support.js';

const nothing = () => undefined;
const SPECIAL = 'tab\t "quotes" \\back, (brackets) {braces} é 🜛\nnew line';

let sut: LedgerUnderTest;
let snapshots: Snapshots;
const databases: string[] = [];

beforeAll(async () => {
  sut = await openLedger();
  await sut.sequencer.onApplicationBootstrap();
  await fill(sut);
  // A log that still grows would be longer here than in a snapshot.
  await sut.sequencer.settle(PATIENCE_MS);
  snapshots = snapshotsOf(sut);
});
afterAll(async () => {
  await sut.close();
  for (const name of databases) await execute(`DROP DATABASE ${name} WITH (FORCE)`);
});

function snapshotsOf({ folder, keys, dataSource, stores, files, sequencer }: LedgerUnderTest): Snapshots {
  return new Snapshots(testConfig({ dataDir: folder }), keys, dataSource, stores, files, sequencer);
}

const pay = (n: number, debit: string, credit: string, amount: bigint): TransferDraft => ({
  ...{ id: transferId(n), debit, credit, amount, code: 'test' },
});

/** Money that moved, a row of every kind of column, a partition, a gap behind a sequence. */
async function fill({ ledger, dataSource }: LedgerUnderTest): Promise<void> {
  const accounts = [
    { id: 'issuer', asset: 'BLY', overdraftLimit: 1_000n },
    ...['a', 'b'].map((id) => ({ id, asset: 'BLY' })),
  ];
  unwrap(await ledger.openAccounts(accounts));
  unwrap(
    await ledger.createTransfers([
      pay(1, 'issuer', 'a', 100n),
      { ...pay(2, 'a', 'b', 30n), kind: 'pending' },
    ]),
  );
  await dataSource.query(
    `INSERT INTO accounts (id, name, roles, tier, created_at) VALUES ('one', $1, '{user,"gu ard"}', 'trusted', '2026-03-01 12:00:00.123456+05:30')`,
    [SPECIAL],
  );
  await dataSource.query(
    `INSERT INTO release_figures (release, hour, answers, failed, timed, total_ms) VALUES ($1, now(), 3, 0, 3, 0.1::float8 + 0.2::float8)`,
    ['a'.repeat(64)],
  );
  await dataSource.query(
    `CREATE TABLE monitoring_observations_2026_03 PARTITION OF monitoring_observations
     FOR VALUES FROM ('2026-03-01T00:00:00Z') TO ('2026-04-01T00:00:00Z')`,
  );
  for (const kind of ['kept', 'removed'])
    await dataSource.query(
      `INSERT INTO monitoring_records (hash, kind, subject, record) VALUES ($1, $2, 's', '{}')`,
      [bytesToHex(sha256Bytes(Buffer.from(kind))), kind],
    );
  await dataSource.query(`DELETE FROM monitoring_records WHERE kind = 'removed'`);
}

async function execute(statement: string): Promise<void> {
  const client = new Client({ connectionString: await sharedPostgres() });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function emptyDatabase(): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(`CREATE DATABASE ${name}`);
  databases.push(name);
  const url = new URL(await sharedPostgres());
  url.pathname = `/${name}`;
  return url.href;
}

const checked = async (folder: string) => unwrap(await checkSnapshot(folder, null, nothing));

/** Brings a snapshot back in a new folder and a new database. */
async function restored(folder: string, url?: string) {
  const config = testConfig({ dataDir: temporaryFolder('restored') });
  const database = url ?? (await emptyDatabase());
  const snapshot = await checked(folder);
  unwrap(await prepareTarget(config, snapshot, false, () => NodeKeys.load(config)));
  const report = unwrap(await restoreSnapshot(config, database, snapshot, nothing));
  const dataSource = await connectDataSource(new DataSource(dataSourceOptions(config, database)));
  return { config, report, dataSource };
}

/** Every row of every table, in PostgreSQL's own words. */
async function contents(dataSource: DataSource): Promise<Record<string, string[]>> {
  const names = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace
       AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'migrations'`,
  );
  const all: Record<string, string[]> = {};
  for (const { name } of names) {
    const rows = await dataSource.query<{ row: string }[]>(
      `SELECT t::text AS row FROM "${name}" t ORDER BY 1`,
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

async function fsckOf(config: ReturnType<typeof testConfig>, dataSource: DataSource) {
  const keys = unwrap(await NodeKeys.load(config));
  const stores = BlockStores.inFolder(join(config.dataDir, 'blobs'));
  const files = new LogFiles(join(config.dataDir, 'log'));
  const published = new PublishedEntries(dataSource, files);
  const sequencer = new Sequencer(
    dataSource,
    files,
    keys,
    new LogSignal(),
    published,
    new DirectEntries(),
    new EventBus(),
  );
  await sequencer.onApplicationBootstrap();
  const registry = new FsckRegistry();
  new LedgerFsck(registry, dataSource, stores).onModuleInit();
  const fsck = new Fsck(
    config,
    keys,
    dataSource,
    new Transactions(dataSource),
    stores,
    files,
    sequencer,
    registry,
  );
  const report = await fsck.run({ repair: false, exclusive: true });
  await sequencer.beforeApplicationShutdown();
  return report;
}

const manifestOf = (folder: string) =>
  unwrap(openManifest(readFileSync(join(folder, 'manifest.json'), 'utf8')));

describe('a snapshot brought back', () => {
  it('gives every row of every table, every blob and the same checkpoint, and fsck finds nothing', async () => {
    const made = unwrap(await snapshots.create({ withKeys: true }));
    const { config, dataSource, report } = await restored(made.folder);
    expect(report).toMatchObject({ missing_keys: [], migrated: [], rows: made.rows });
    expect(await contents(dataSource)).toEqual(await contents(sut.dataSource));
    const checkpoint = (folder: string) => readFileSync(join(folder, 'log', 'checkpoint'), 'utf8');
    expect(checkpoint(config.dataDir)).toBe(checkpoint(sut.folder));
    expect(await fsckOf(config, dataSource)).toMatchObject({ clean: true, errors: 0, warnings: 0 });
    expect(statSync(join(config.dataDir, 'keys', 'log.json')).mode & 0o777).toBe(0o600);
    await dataSource.destroy();
  });

  it('goes on with its sequences, its guards and its partitions', async () => {
    const made = unwrap(await snapshots.create({ withKeys: true }));
    const { dataSource } = await restored(made.folder);
    const [{ position }] = await dataSource.query<{ position: string }[]>(
      `INSERT INTO monitoring_records (hash, kind, subject, record) VALUES ($1, 'new', 's', '{}') RETURNING position`,
      ['b'.repeat(64)],
    );
    expect(position).toBe('3');
    await expect(dataSource.query('DELETE FROM ledger_transfers')).rejects.toThrow('only grows');
    await expect(
      dataSource.query(`UPDATE ledger_accounts SET credits_posted = credits_posted + 1 WHERE id = 'a'`),
    ).rejects.toThrow('do not balance');
    const [{ bound }] = await dataSource.query<{ bound: string }[]>(
      `SELECT pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE relname = 'monitoring_observations_2026_03'`,
    );
    expect(bound).toContain('2026-03-01');
    await dataSource.destroy();
  });
});

describe('a snapshot without keys', () => {
  it('holds none, says which are missing, and is taken up by the keys put there', async () => {
    const made = unwrap(await snapshots.create({}));
    expect(readdirSync(made.folder)).not.toContain('keys');
    const { config, report, dataSource } = await restored(made.folder);
    expect(report.missing_keys).toContain('keys/log.json');
    const refused = await NodeKeys.load(config);
    expect(refused).toMatchObject({ ok: false, error: { code: 'KEY_MISSING' } });
    cpSync(join(sut.folder, 'keys'), join(config.dataDir, 'keys'), { recursive: true });
    expect(await fsckOf(config, dataSource)).toMatchObject({ clean: true });
    await dataSource.destroy();
  });

  it('is refused where the keys of another node lie', async () => {
    const made = unwrap(await snapshots.create({}));
    const config = testConfig({ dataDir: temporaryFolder('other') });
    unwrap(await NodeKeys.load(config));
    const snapshot = await checked(made.folder);
    const refused = await prepareTarget(config, snapshot, false, () => NodeKeys.load(config));
    expect(refused).toMatchObject({ ok: false, error: { code: 'RESTORE_KEYS' } });
  });
});

describe('damage', () => {
  it('of any file of a snapshot is named', async () => {
    const { folder } = unwrap(await snapshots.create({ withKeys: true }));
    const seed = Number(process.env.STEMMA_DAMAGE_SEED ?? 20_261_122);
    let state = seed;
    const draw = (below: number) => (state = (state * 48_271 + 11) % 2_147_483_647) % below;
    const { files } = manifestOf(folder);
    for (const { path, bytes } of [
      ...files,
      { path: 'manifest.json', bytes: statSync(join(folder, 'manifest.json')).size },
    ]) {
      const file = join(folder, path);
      const whole = readFileSync(file);
      const broken = Buffer.from(whole);
      if (bytes === 0) continue;
      const at = draw(bytes);
      broken[at] ^= 1 << draw(8);
      // a new file, so that blobs shared with other snapshots stay as they are
      writeFileSync(`${file}.new`, broken);
      renameSync(`${file}.new`, file);
      const result = await checkSnapshot(folder, null, nothing);
      const where = `${path}, byte ${at}, seed ${seed}`;
      expect({ where, ok: result.ok }).toEqual({ where, ok: false });
      if (!result.ok)
        expect({ where, says: result.error.message }).toEqual({ where, says: expect.stringContaining(path) });
      writeFileSync(`${file}.new`, whole);
      renameSync(`${file}.new`, file);
    }
    expect((await checkSnapshot(folder, null, nothing)).ok).toBe(true);
  });

  it('of what a manifest names: a missing file, a longer one, a link, another key, a way out of the folder', async () => {
    const { folder } = unwrap(await snapshots.create({}));
    const refusal = async (key: string | null = null) => {
      const result = await checkSnapshot(folder, key, nothing);
      return result.ok ? null : result.error.code;
    };
    const file = join(folder, 'log', 'checkpoint');
    renameSync(file, `${file}.kept`);
    expect(await refusal()).toBe('SNAPSHOT_DAMAGED');
    writeFileSync(file, `${readFileSync(`${file}.kept`, 'utf8')}\n`);
    expect(await refusal()).toBe('SNAPSHOT_DAMAGED');
    renameSync(`${file}.kept`, file);
    expect(await refusal()).toBe(null);
    expect(await refusal('d'.repeat(64))).toBe('SNAPSHOT_KEY');
    const { signature: _signature, ...body } = manifestOf(folder);
    const write = (manifest: SnapshotManifest) =>
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const outside = { path: 'blobs/../../../etc/passwd', bytes: 1, sha256: 'a'.repeat(64) };
    write(signManifest({ ...body, files: [...body.files, outside] }, sut.keys.logSigner));
    expect(await refusal()).toBe('SNAPSHOT_MANIFEST');
    write(
      signManifest({ ...body, migrations: [...body.migrations, 'Future1999999999999'] }, sut.keys.logSigner),
    );
    expect(await refusal()).toBe(null);
    const config = testConfig({ dataDir: temporaryFolder('newer') });
    const newer = await restoreSnapshot(config, await emptyDatabase(), await checked(folder), nothing);
    expect(newer).toMatchObject({ ok: false, error: { code: 'SCHEMA_UNKNOWN' } });
  });

  it('of a blob on the server is named, and no snapshot is made of it', async () => {
    const payload = join(sut.folder, 'blobs', 'payloads');
    const shard = readdirSync(payload).find((name) => /^[0-9a-f]{2}$/.test(name))!;
    const file = join(payload, shard, readdirSync(join(payload, shard))[0]);
    const whole = readFileSync(file);
    const config = testConfig({ dataDir: sut.folder, snapshotDir: temporaryFolder('none-before') });
    const { keys, dataSource, stores, files, sequencer } = sut;
    const fresh = new Snapshots(config, keys, dataSource, stores, files, sequencer);
    writeFileSync(file, Buffer.concat([whole, Buffer.from('!')]));
    const result = await fresh.create({});
    writeFileSync(file, whole);
    expect(result).toMatchObject({ ok: false, error: { code: 'SNAPSHOT_SOURCE' } });
    expect(readdirSync(fresh.folder)).toEqual([]);
    expect((await fresh.create({})).ok).toBe(true);
  });
});

it('is not made of a database that lacks published leaves', async () => {
  await sut.dataSource.query('UPDATE log_state SET assigned = assigned - 1');
  const result = await snapshots.create({});
  await sut.dataSource.query('UPDATE log_state SET assigned = assigned + 1');
  expect(result).toMatchObject({ ok: false, error: { code: 'SNAPSHOT_SOURCE' } });
});

describe('making snapshots', () => {
  it('shares what has not changed, unless the earlier copy is damaged', async () => {
    const first = unwrap(await snapshots.create({}));
    const blob = manifestOf(first.folder).files.find(({ path }) => path.startsWith('blobs/payloads/'))!.path;
    const second = unwrap(await snapshots.create({}));
    expect(statSync(join(second.folder, blob)).ino).toBe(statSync(join(first.folder, blob)).ino);
    expect(second.shared_bytes).toBeGreaterThan(0);
    writeFileSync(join(second.folder, blob), randomBytes(8));
    const third = unwrap(await snapshots.create({}));
    expect((await checkSnapshot(third.folder, null, nothing)).ok).toBe(true);
    for (const { folder } of [first, second]) rmSync(folder, { recursive: true });
  });

  it('keeps as many as asked for, newest first, and leaves other folders alone', async () => {
    mkdirSync(join(snapshots.folder, 'mine'), { recursive: true });
    mkdirSync(join(snapshots.folder, '2026-01-01T00-00-00Z-00000000.partial'));
    await snapshots.create({});
    const made = unwrap(await snapshots.create({ keep: 2 }));
    const names = readdirSync(snapshots.folder).sort();
    expect(names).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining(['mine', made.id]));
    expect(names).not.toEqual(expect.arrayContaining(made.removed));
  });

  it('makes one for a label, however often it is asked for', async () => {
    const first = unwrap(await snapshots.create({ label: 'task/0' }));
    expect(unwrap(await snapshots.create({ label: 'task/0' })).id).toBe(first.id);
  });

  it('removes what a labelled one was to remove when it is asked for again, and never that one itself', async () => {
    const first = unwrap(await snapshots.create({ label: 'task/1' }));
    const later = unwrap(await snapshots.create({ label: 'task/2' }));
    const again = unwrap(await snapshots.create({ label: 'task/1', keep: 1 }));
    expect(again).toMatchObject({ id: first.id, removed: expect.arrayContaining([later.id]) as unknown });
    expect(readdirSync(snapshots.folder).filter((name) => name.startsWith('2'))).toEqual([first.id]);
  });

  it('leaves nothing of one that was cut short, unless one is being made', async () => {
    const partial = join(snapshots.folder, '2026-01-01T00-00-00Z-00000000.partial');
    mkdirSync(partial, { recursive: true });
    const mine = join(snapshots.folder, 'mine.partial');
    mkdirSync(mine, { recursive: true });
    const kept = readdirSync(snapshots.folder).filter((name) => name.startsWith('2'));
    expect(await DatabaseView.run(sut.dataSource, () => snapshots.dropUnfinished())).toBeNull();
    expect(readdirSync(snapshots.folder).filter((name) => name.startsWith('2'))).toEqual(kept);
    expect(await snapshots.dropUnfinished()).toBe(1);
    const left = readdirSync(snapshots.folder);
    expect(left).toEqual(
      expect.arrayContaining(['mine.partial', ...kept.filter((n) => !n.endsWith('.partial'))]),
    );
    expect(left).not.toContain('2026-01-01T00-00-00Z-00000000.partial');
  });

  it('is refused while another one is made, when there is no room, and when it is given up', async () => {
    const busy = await DatabaseView.run(sut.dataSource, () => snapshots.create({}));
    expect(busy).toMatchObject({ ok: false, error: { code: 'SNAPSHOT_BUSY', status: 409 } });
    const full = new Headroom('/', () => Promise.resolve(33 * 1024 * 1024));
    await expect(full.expect(2 * 1024 * 1024)).rejects.toMatchObject({ code: 'STORAGE_FULL', status: 507 });
    await expect(full.need(1024 * 1024 - 1).then(() => full.need(2))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
    });
    const before = readdirSync(snapshots.folder);
    const given = await snapshots.create({ signal: AbortSignal.abort() });
    expect(given).toMatchObject({ ok: false, error: { code: 'SNAPSHOT_CANCELLED' } });
    expect(readdirSync(snapshots.folder)).toEqual(before);
  });

  it('leaves nothing behind where the disk refuses', async () => {
    const folder = temporaryFolder('read-only');
    const config = testConfig({ dataDir: sut.folder, snapshotDir: join(folder, 'file', 'below') });
    writeFileSync(join(folder, 'file'), '');
    const { keys, dataSource, stores, files, sequencer } = sut;
    const made = await new Snapshots(config, keys, dataSource, stores, files, sequencer).create({});
    expect(made).toMatchObject({ ok: false, error: { code: 'STORAGE_FAILED' } });
  });
});

describe('where a snapshot is brought back', () => {
  it('nothing is overwritten: a folder in use is refused, and moved aside when forced', async () => {
    const made = unwrap(await snapshots.create({ withKeys: true }));
    const snapshot = await checked(made.folder);
    const config = testConfig({ dataDir: temporaryFolder('used') });
    mkdirSync(join(config.dataDir, 'blobs'));
    writeFileSync(join(config.dataDir, 'blobs', 'precious'), 'x');
    const uuid = '0123abcd-0000-4000-8000-000000000000';
    const harmless = ['ends.json', `ends.json.${uuid}`, `server.running.${uuid}`];
    for (const name of harmless) writeFileSync(join(config.dataDir, name), '{');
    const load = () => NodeKeys.load(config);
    expect(await prepareTarget(config, snapshot, false, load)).toMatchObject({
      ok: false,
      error: {
        ...{ code: 'RESTORE_NOT_EMPTY', status: 409 },
        message: expect.stringContaining('(blobs)') as string,
      },
    });
    expect(readdirSync(config.dataDir).sort()).toEqual(['blobs', ...harmless]);
    unwrap(await prepareTarget(config, snapshot, true, load));
    const aside = readdirSync(config.dataDir).find((name) => name.startsWith('replaced-'))!;
    expect(readFileSync(join(config.dataDir, aside, 'blobs', 'precious'), 'utf8')).toBe('x');
    expect(readdirSync(config.dataDir)).toContain(RESTORE_MARK);
    expect(checkRestored(config.dataDir)).toMatchObject({ ok: false, error: { code: 'RESTORE_UNFINISHED' } });
  });

  it('a database in use is refused', async () => {
    const made = unwrap(await snapshots.create({ withKeys: true }));
    const config = testConfig({ dataDir: temporaryFolder('database') });
    const result = await restoreSnapshot(config, sut.url, await checked(made.folder), nothing);
    expect(result).toMatchObject({ ok: false, error: { code: 'DATABASE_NOT_EMPTY' } });
  });
});

describe('while others write without pause', () => {
  // Last in this file: it leaves many blocks behind.
  it('a snapshot is whole', async () => {
    let stop = false;
    let written = 0;
    const write = async () => {
      for (let head = null as string | null; !stop; written++) {
        const [block] = unwrap(await sut.publisher.publish([await metaBlock(sut.author, head, { written })]));
        head = block.hash;
        await sut.log.appendGrouped([
          { kind: 'anchor', subject: randomUUID(), actor: 'test', hash: 'c'.repeat(64), data: {} },
        ]);
      }
    };
    const writing = write();
    const made: string[] = [];
    try {
      // Those count during which something was written.
      while (made.length < 2) {
        const before = written;
        const { folder } = unwrap(await snapshots.create({ withKeys: true }));
        if (written > before) made.push(folder);
      }
    } finally {
      stop = true;
      await writing;
    }
    for (const folder of made) {
      const { config, dataSource } = await restored(folder);
      expect((await fsckOf(config, dataSource)).findings).toEqual([]);
      await dataSource.destroy();
    }
  });
});
