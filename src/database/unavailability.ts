import { systemCodeOf } from '../common/index.js';

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
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable|Driver not Connected|has already been released/i;

/** Whether something thrown by TypeORM or node-postgres means that the database cannot be reached or does not answer. */
export function isDatabaseUnavailable(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !fromDatabase(thrown)) return false;
  const code = systemCodeOf(thrown) ?? systemCodeOf((thrown as { driverError?: unknown }).driverError);
  return (
    (code !== undefined && (UNAVAILABLE.has(code) || code.startsWith('08'))) || MESSAGES.test(thrown.message)
  );
}

/** Tells a refused database connection from any other socket's or file's error. */
function fromDatabase(thrown: Error): boolean {
  return (
    'driverError' in thrown ||
    ('severity' in thrown && 'routine' in thrown) ||
    MESSAGES.test(thrown.message) ||
    /node_modules\/(pg|pg-pool|typeorm)\//.test(thrown.stack ?? '') ||
    /\.s\.PGSQL\./.test(thrown.message)
  );
}
