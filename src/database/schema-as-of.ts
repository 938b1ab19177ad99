import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { CodedError, err, ok, type Result } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import { dataSourceOptions } from './data-source-options.js';
import { migrate } from './migrate.js';

/**
 * Whether a database can get the schema it had after certain migrations. Refusals: `SCHEMA_UNKNOWN` (this version does not have all of
 * them), `DATABASE_NOT_EMPTY` (409).
 * @param url null where the database is still to be made
 */
export async function checkSchemaAsOf(
  config: AppConfig,
  url: string | null,
  migrations: readonly string[],
): Promise<Result<void>> {
  if (knownNames(migrations.length).join() !== migrations.join()) {
    const detail = 'It was made by another version of Stemma, whose database this one does not know.';
    return err(new CodedError('SCHEMA_UNKNOWN', detail));
  }
  return url === null ? ok() : withDataSource(new DataSource(dataSourceOptions(config, url)), checkEmpty);
}

/**
 * Gives an empty database the schema it had after certain migrations, so that rows of that time fit, and runs work on it. Refusals as
 * `checkSchemaAsOf`.
 */
export async function withSchemaAsOf(
  config: AppConfig,
  url: string,
  migrations: readonly string[],
  work: (dataSource: DataSource) => Promise<void>,
): Promise<Result<void>> {
  const possible = await checkSchemaAsOf(config, url, migrations);
  if (!possible.ok) return possible;
  const known = MIGRATIONS.slice(0, migrations.length);
  const dataSource = new DataSource({ ...dataSourceOptions(config, url), migrations: [...known] });
  await withDataSource(dataSource, async () => {
    await migrate(dataSource);
    await work(dataSource);
  });
  return ok();
}

function knownNames(count: number): (string | undefined)[] {
  return MIGRATIONS.slice(0, count).map((migration) => new migration().name);
}

async function checkEmpty(dataSource: DataSource): Promise<Result<void>> {
  const [{ empty }] = await dataSource.query<{ empty: boolean }[]>(
    `SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace) AS empty`,
  );
  if (empty) return ok();
  return err(new CodedError('DATABASE_NOT_EMPTY', 'The database is not empty; name an empty one.', {}, 409));
}

async function withDataSource<T>(
  dataSource: DataSource,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
