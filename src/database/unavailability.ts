import { CodedError, systemCodeOf } from '../common/index.js';
import { isLostConnection } from './driver.js';

/** SQLSTATEs and system codes that mean "the server is not there", not "the statement is wrong". */
const UNAVAILABLE = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '3D000',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable|Driver not Connected|(?:runner|has|was) already (?:been )?released/i;

/** SQLSTATE disk_full. */
const DISK_FULL = '53100';

/** Whether something thrown by TypeORM or node-postgres means that the database cannot be reached or does not answer. */
export function isDatabaseUnavailable(thrown: unknown): boolean {
  return thrown instanceof Error && fromDatabase(thrown) && meansUnavailable(thrown);
}

function meansUnavailable(thrown: Error): boolean {
  const code = databaseCodeOf(thrown);
  return (
    (code !== undefined && (UNAVAILABLE.has(code) || code.startsWith('08'))) || MESSAGES.test(thrown.message)
  );
}

/**
 * What a failure of the database's surroundings, as against a wrong statement, means to a client: `DATABASE_UNAVAILABLE`
 * (503) or `STORAGE_FULL` (507). Null for everything else.
 */
export function databaseRefusal(thrown: unknown): CodedError | null {
  const cause = { cause: thrown };
  if (isDatabaseUnavailable(thrown))
    return new CodedError(
      'DATABASE_UNAVAILABLE',
      'The database cannot be reached; it is being waited for. Try again.',
      { retryAfter: 2 },
      503,
      cause,
    );
  if (thrown instanceof Error && databaseCodeOf(thrown) === DISK_FULL)
    return new CodedError(
      'STORAGE_FULL',
      'The disk of the database is full; nothing was stored.',
      {},
      507,
      cause,
    );
  return null;
}

/**
 * Whether what was thrown says that nothing can be written down now: the database cannot be reached, its disk is full, or too little
 * room is left for the log, which refuses entries then (`STORAGE_FULL`).
 */
export function cannotBeWritten(thrown: unknown): boolean {
  return databaseRefusal(thrown) !== null || (thrown instanceof CodedError && thrown.code === 'STORAGE_FULL');
}

function databaseCodeOf(thrown: Error): string | undefined {
  return systemCodeOf(thrown) ?? systemCodeOf((thrown as { driverError?: unknown }).driverError);
}

/** Tells a refused database connection from any other socket's or file's error. */
function fromDatabase(thrown: Error): boolean {
  return (
    'driverError' in thrown ||
    ('severity' in thrown && 'routine' in thrown) ||
    MESSAGES.test(thrown.message) ||
    isLostConnection(thrown) ||
    // A connection made without a pool, to a socket in the file system.
    /\.s\.PGSQL\./.test(thrown.message)
  );
}
