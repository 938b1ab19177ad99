import pg from 'pg';

/** What was thrown by a socket to PostgreSQL; kept as long as somebody holds the error itself. */
const lost = new WeakSet<Error>();

/** A client that notes what its socket throws: nothing about such an error says whose socket it was. */
class NotingClient extends pg.Client {
  constructor(options?: string | pg.ClientConfig) {
    super(options);
    this.connection.prependListener('error', (thrown: Error) => lost.add(thrown));
  }
}

/** node-postgres' pool, whose failures to reach PostgreSQL {@link isLostConnection} tells from those of any other socket. */
export class DatabasePool extends pg.Pool {
  constructor(options?: pg.PoolConfig) {
    super({ ...options, Client: NotingClient });
  }
}

/** node-postgres with such pools, as TypeORM wants it. */
export const databaseDriver = { ...pg, Pool: DatabasePool };

/** Whether this very error was thrown by a connection of a {@link DatabasePool}: while it was being made, waited or worked. */
export function isLostConnection(thrown: Error): boolean {
  return lost.has(thrown);
}
