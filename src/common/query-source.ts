/** Whatever answers queries: a transaction, for who is in one and must not wait for a further connection, or the pool. */
export interface QuerySource {
  query<T>(statement: string, values?: unknown[]): Promise<T>;
}
