import { err, ok, type Result } from '../common/index.js';
import {
  checkRestored,
  prepareDataFolder,
  ProcessLock,
  RunJournal,
  type AppConfig,
  type LockHolder,
} from '../config/index.js';
import {
  EmbeddedPostgres,
  externalDatabase,
  type DatabaseConnection,
  type EmbeddedPostgresEvents,
} from '../database/index.js';

/** What a process holds before any module runs: its data folder and a database. */
export interface Ground {
  readonly lock: ProcessLock;
  readonly database: DatabaseConnection;
  /** Stops the database if it is ours and gives the folder back: for a server, the mark of an orderly end. */
  release(): Promise<void>;
}

/** What happens on the way to a ground, and who is told. */
export interface GroundOptions extends EmbeddedPostgresEvents {
  /** The last thing that can refuse before a database is started; the folder is ours by then. */
  readonly beforeDatabase?: () => Promise<Result<void>>;
  /** Whether a snapshot is being put back: half a restore is then no hindrance. */
  readonly restoring?: boolean;
}

/** Takes the data folder and starts the database. Refusals: STORAGE_*, DATA_DIR_LOCKED, POSTGRES_*, the caller's own. */
export async function openGround(
  config: AppConfig,
  purpose: LockHolder['purpose'],
  { beforeDatabase = async () => ok(), restoring = false, ...events }: GroundOptions = {},
): Promise<Result<Ground>> {
  const folder = prepareDataFolder(config.dataDir);
  if (!folder.ok) return folder;
  const lock = ProcessLock.acquire(config.dataDir, purpose);
  if (!lock.ok) return lock;
  const journal = purpose === 'server' ? new RunJournal(config.dataDir) : null;
  journal?.begin();
  const giveBack = (): void => {
    journal?.end();
    lock.value.release();
  };
  const whole = restoring ? ok() : checkRestored(config.dataDir);
  const allowed = whole.ok ? await beforeDatabase() : whole;
  const database = allowed.ok ? await openDatabase(config, events) : allowed;
  if (!database.ok) {
    giveBack();
    return err(database.error);
  }
  return ok({
    lock: lock.value,
    database: database.value,
    release: async () => {
      await database.value.stop();
      giveBack();
    },
  });
}

async function openDatabase(
  config: AppConfig,
  events: EmbeddedPostgresEvents,
): Promise<Result<DatabaseConnection>> {
  return config.databaseUrl === null
    ? EmbeddedPostgres.start(config, events)
    : ok(externalDatabase(config.databaseUrl));
}
