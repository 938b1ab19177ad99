import type { DataSource, EntityManager } from 'typeorm';

/**
 * What the database calls the connections of a server's pool: what hangs in one server's is no business of another one's, nor of a
 * program's. @param instance which server
 */
export function poolName(instance: string): string {
  return `stemma@${instance}`;
}

/** Said first in a transaction that may take long, so that it is not taken for one that hangs; it holds until the transaction ends. */
export const MAY_TAKE_LONG = `SET LOCAL application_name = 'stemma-long'`;

/** Reads at one moment of the database, however long that takes. */
export function longReading<T>(
  dataSource: DataSource,
  read: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query(MAY_TAKE_LONG);
    return read(manager);
  });
}
