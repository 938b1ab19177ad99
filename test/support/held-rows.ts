import { Client } from 'pg';
import type { TestServer } from './server.js';

/** The lock that held rows wait for. */
const LOCK = 20_261_122;

/**
 * Holds whoever is about to write such a row until `release`: what a server does is caught in the middle, however fast it is.
 * @param when what is held, in terms of the row NEW
 */
export async function holdRows(
  { databaseUrl }: Pick<TestServer, 'databaseUrl'>,
  table: string,
  when: string,
): Promise<{ release(): Promise<void> }> {
  const database = new Client({ connectionString: String(databaseUrl) });
  await database.connect();
  await database.query('SELECT pg_advisory_lock($1)', [LOCK]);
  await database.query(`
    CREATE FUNCTION hold_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(${LOCK}); RETURN NEW; END $$`);
  await database.query(
    `CREATE TRIGGER held_row BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION hold_row()`,
  );
  const release = async () => {
    await database.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    await database.query(`DROP TRIGGER held_row ON ${table}`);
    await database.query('DROP FUNCTION hold_row()');
    await database.end();
  };
  return { release };
}
