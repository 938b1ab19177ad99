import { Inject, Injectable } from '@nestjs/common';
import { Client } from 'pg';
import { Instance } from '../../config/index.js';
import { DATABASE_CONNECTION, poolName, type DatabaseConnection } from '../../database/index.js';
import { Sequencer } from '../../log/index.js';
import { everythingTouched, nothingTouched, type Remedy } from './remedy.js';

const PATIENCE_MS = 5_000;
/** Connections of this server's pool ($1) that hold a transaction without using it, or have worked on one statement, for longer than this. */
const STUCK = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()
    AND ((state LIKE 'idle in transaction%' AND state_change < now() - interval '5 seconds')
      OR (state = 'active' AND query_start < now() - interval '5 seconds'))`;
const TRANSACTIONS_END = 'nothing to undo: a transaction that is cut off has done nothing';

/** What can be done about the database and the log. */
@Injectable()
export class DatabaseRemedies {
  readonly all: readonly Remedy[];

  constructor(
    @Inject(DATABASE_CONNECTION) connection: DatabaseConnection,
    sequencer: Sequencer,
    instance: Instance,
  ) {
    this.all = [
      {
        name: 'reset_pool',
        expectedEffect: 'connections that are stuck are cut off and others take their places',
        blastRadius: 'requests whose transaction or statement has hung for 5 s fail and can be repeated',
        blastShare: everythingTouched,
        undo: TRANSACTIONS_END,
        act: () => cutOffStuck(connection.url, poolName(instance.id)),
      },
      {
        name: 'recover_database',
        expectedEffect:
          'a PostgreSQL of our own that hangs is ended and starts again; another one is waited for',
        blastRadius: 'transactions under way fail and can be repeated; committed ones stay',
        blastShare: () => (endsOurs(connection) ? 1 : 0),
        undo: TRANSACTIONS_END,
        act: async () => recover(connection),
      },
      {
        name: 'restart_sequencer',
        expectedEffect: 'entries get their places in the log again',
        blastRadius: 'only the sequencer of the log; entries wait in the database meanwhile',
        blastShare: nothingTouched,
        undo: 'nothing to undo: numbers are given once',
        act: async () => {
          await sequencer.whilePaused(async () => undefined);
          return 'the sequencer was started anew';
        },
      },
    ];
  }
}

/** Over a connection of its own, because the pool has none to give. */
async function cutOffStuck(url: string, pool: string): Promise<string> {
  const client = new Client({
    ...{ connectionString: url, application_name: 'stemma-watch' },
    ...{ connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS },
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query(STUCK, [pool]);
    return `${rowCount ?? 0} stuck connections were cut off`;
  } finally {
    await client.end();
  }
}

/** Whether recovering ends a PostgreSQL; otherwise it is only waited for. */
function endsOurs({ endHung, state }: DatabaseConnection): boolean {
  return endHung !== undefined && state() === 'running';
}

function recover(connection: DatabaseConnection): string {
  if (connection.endHung === undefined) return 'the database is not ours; it is waited for';
  if (connection.state() !== 'running') return `PostgreSQL is ${connection.state()}`;
  return `${connection.endHung()} processes of a hung PostgreSQL were ended; it starts again`;
}
