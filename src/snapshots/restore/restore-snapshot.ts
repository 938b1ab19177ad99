import { DataSource } from 'typeorm';
import { ok, type Result } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import { dataSourceOptions, migrate, withSchemaAsOf } from '../../database/index.js';
import { settingsInForce } from '../create/plain-files.js';
import { sha256OfFile } from '../file-hash.js';
import type { CheckedSnapshot, RestoreProgress } from './check-snapshot.js';
import { loadTables } from './load-tables.js';
import { placeFiles } from './place-files.js';
import { finishTarget, missingKeys } from './target.js';

/** What a restore has done, and what is left to a person. */
export interface RestoredSnapshot {
  readonly id: string;
  readonly rows: number;
  readonly files: number;
  /** Migrations that ran on the restored rows. */
  readonly migrated: readonly string[];
  /** Key files the snapshot did not have and the data folder lacks; without them no server starts there. */
  readonly missing_keys: readonly string[];
  /** Settings files that differ from those in force here; the snapshot's lie in `settings-of-snapshot`. */
  readonly other_settings: readonly string[];
}

/**
 * Fills a prepared data folder and an empty database from a checked snapshot, and brings the schema up to date. Refusals:
 * `DATABASE_NOT_EMPTY`, `SCHEMA_UNKNOWN`; throws `SNAPSHOT_TABLES`, `SNAPSHOT_DAMAGED`, and what disk and database say.
 */
export async function restoreSnapshot(
  config: AppConfig,
  url: string,
  snapshot: CheckedSnapshot,
  onProgress: RestoreProgress,
): Promise<Result<RestoredSnapshot>> {
  const { manifest } = snapshot;
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const advance = (step: string) => (bytes: number) => {
    done += bytes;
    onProgress(Math.min(done, total), total, step);
  };
  const loaded = await withSchemaAsOf(config, url, manifest.migrations, (dataSource) =>
    loadTables(dataSource, snapshot, advance('database')),
  );
  if (!loaded.ok) return loaded;
  await placeFiles(config.dataDir, snapshot, advance('files'));
  const migrated = await migrateFully(config, url);
  const missing = await missingKeys(config.dataDir);
  await finishTarget(config.dataDir);
  return ok({
    ...{ id: manifest.id, files: manifest.files.length, migrated, missing_keys: missing },
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    other_settings: await otherSettings(config, snapshot),
  });
}

async function migrateFully(config: AppConfig, url: string): Promise<string[]> {
  const dataSource = new DataSource(dataSourceOptions(config, url));
  await dataSource.initialize();
  try {
    return await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function otherSettings(config: AppConfig, { manifest }: CheckedSnapshot): Promise<string[]> {
  const here = new Map(await settingsInForce(config));
  const others: string[] = [];
  for (const { path, sha256 } of manifest.files) {
    const name = path.startsWith('settings/') ? path.slice('settings/'.length) : '';
    if (name === '' || name === 'settings.json') continue;
    const own = here.get(name);
    if (own === undefined || (await sha256OfFile(own).catch(() => null)) !== sha256) others.push(name);
  }
  return others;
}
