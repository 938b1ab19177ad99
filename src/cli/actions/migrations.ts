import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { unwrap } from '../../common/index.js';
import { connectDataSource, dataSourceOptions } from '../../database/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { openGround } from '../ground.js';

const COLUMNS = `
  SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line
  FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL
  SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL
  SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  ORDER BY 1`;

/** Runs all migrations up, down and up again on a scratch database; false when something stays or differs. */
export async function checkMigrations(context: CommandContext): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-migrations-'));
  chmodSync(folder, 0o755);
  const config = (await context.config()).with({
    dataDir: folder,
    databaseUrl: null,
    postgresDir: join(folder, 'elsewhere'),
  });
  const ground = unwrap(await openGround(config, 'command'));
  try {
    const source = new DataSource(dataSourceOptions(config, ground.database.url));
    const outcome = await downAndUp(await connectDataSource(source));
    await source.destroy();
    context.print({ ...outcome }, describe(outcome));
    return outcome.left.length === 0 && outcome.changed.length === 0 ? EXIT.done : EXIT.false;
  } finally {
    await ground.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly migrations: number;
  /** What is left of the schema after every migration was undone. */
  readonly left: readonly string[];
  /** What differs between the first and the second way up. */
  readonly changed: readonly string[];
}

async function downAndUp(source: DataSource): Promise<Outcome> {
  const first = await schema(source);
  for (const _ of source.migrations) await source.undoLastMigration({ transaction: 'each' });
  const left = await schema(source);
  await source.runMigrations({ transaction: 'each' });
  const second = await schema(source);
  const changed = [
    ...first.filter((line) => !second.includes(line)),
    ...second.filter((line) => !first.includes(line)),
  ];
  return { migrations: source.migrations.length, left, changed };
}

async function schema(source: DataSource): Promise<string[]> {
  const rows: { line: string }[] = await source.query(COLUMNS);
  return rows.map(({ line }) => line).filter((line) => !/(^| )(public\.)?migrations[. ]/.test(line));
}

function describe({ migrations, left, changed }: Outcome): string {
  if (left.length === 0 && changed.length === 0) return `${migrations} migrations go up, down and up again`;
  return [
    ...left.map((line) => `left after undoing everything: ${line}`),
    ...changed.map((line) => `differs the second time: ${line}`),
  ].join('\n');
}
