import type { DataSource, QueryRunner } from 'typeorm';
import { CodedError } from '../../common/index.js';
import { MAY_TAKE_LONG } from '../../database/index.js';

/** Any number, the same in every Stemma process: one snapshot of a database at a time. */
const SNAPSHOT_LOCK = 7_201_869_009;
/** Rows fetched at once, where nobody says how many. */
const BATCH = 200;

/** How the session prints values, so that what is read back is the same to the last bit, whatever the server's defaults. */
const EXACT_OUTPUT = [
  `SET LOCAL DateStyle = 'ISO, YMD'`,
  `SET LOCAL IntervalStyle = 'postgres'`,
  `SET LOCAL TimeZone = 'UTC'`,
  'SET LOCAL extra_float_digits = 3',
  `SET LOCAL bytea_output = 'hex'`,
  'SET LOCAL idle_in_transaction_session_timeout = 0',
];

/** The database as it is at one moment, while others go on writing: one read-only transaction, REPEATABLE READ. */
export class DatabaseView {
  private cursors = 0;

  private constructor(readonly runner: QueryRunner) {}

  /**
   * Runs work with the state of the database at this moment. Refusal, thrown: `SNAPSHOT_BUSY` (409) while another snapshot is made,
   * here or by another process.
   */
  static async run<T>(dataSource: DataSource, work: (view: DatabaseView) => Promise<T>): Promise<T> {
    const runner = dataSource.createQueryRunner();
    await runner.connect();
    try {
      const [{ taken }] = (await runner.query('SELECT pg_try_advisory_lock($1) AS taken', [
        SNAPSHOT_LOCK,
      ])) as { taken: boolean }[];
      if (!taken) throw new CodedError('SNAPSHOT_BUSY', 'Another snapshot is being made.', {}, 409);
      try {
        await runner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await runner.query(MAY_TAKE_LONG);
        for (const setting of EXACT_OUTPUT) await runner.query(setting);
        return await work(new DatabaseView(runner));
      } finally {
        await runner.query('ROLLBACK').catch(() => undefined);
        await runner.query('SELECT pg_advisory_unlock($1)', [SNAPSHOT_LOCK]).catch(() => undefined);
      }
    } finally {
      await runner.release();
    }
  }

  /** Ends the transaction, which holds back the database's clean-up; the lock against other snapshots stays. */
  async close(): Promise<void> {
    await this.runner.query('COMMIT');
  }

  /** The rows of a query, a batch at a time; at most `size` are held in memory. */
  async *batches<Row>(query: string, size = BATCH): AsyncIterable<readonly Row[]> {
    const cursor = `snapshot_${this.cursors++}`;
    await this.runner.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`);
    for (;;) {
      const rows = (await this.runner.query(`FETCH ${size} FROM ${cursor}`)) as Row[];
      if (rows.length > 0) yield rows;
      if (rows.length < size) break;
    }
    await this.runner.query(`CLOSE ${cursor}`);
  }
}
