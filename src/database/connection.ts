/** Where the database is and how it fares, whoever runs it. */
export interface DatabaseConnection {
  /** Connection string for node-postgres. Secret: it may hold a password. */
  readonly url: string;
  /** `embedded`: this process runs it; `external`: DATABASE_URL names it. */
  readonly kind: 'embedded' | 'external';
  /** What the one who runs the database knows about it, for readiness. */
  state(): string;
  /**
   * Ends an embedded database that does not answer; its owner starts it again. Absent where somebody else runs it.
   * @returns how many processes were ended
   */
  endHung?(): number;
  /** Stops an embedded database; leaves an external one alone. */
  stop(): Promise<void>;
}

/** A database that somebody else runs. */
export function externalDatabase(url: string): DatabaseConnection {
  return { url, kind: 'external', state: () => 'external', stop: () => Promise.resolve() };
}
