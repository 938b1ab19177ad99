import type { Problem } from '../api/problem.js';

/** The words around a refusal. */
export interface Advice {
  readonly title: string;
  readonly unaffected: string | null;
  readonly action: string;
}

const byCode: Readonly<Record<string, Advice>> = {
  NETWORK: {
    title: 'The server cannot be reached',
    unaffected: 'Nothing that was acknowledged is lost.',
    action: 'Start it with npm start, or wait: this page tries again by itself.',
  },
  QUEUE_FULL: {
    title: 'Too much work at once',
    unaffected: 'Answers that are under way go on.',
    action: 'Ask again in a moment.',
  },
  ENGINE_RESTARTED: {
    title: 'The engine restarted during this answer',
    unaffected: 'Chain, log and receipts are untouched.',
    action: 'Ask again: the same seed gives the same answer.',
  },
  BLOCK_CORRUPT: {
    title: 'A block on this server is damaged',
    unaffected: 'No answer was produced from it.',
    action: 'Run stemma fsck, then restore the named block from a backup or import its model again.',
  },
  BLOCK_MISSING: {
    title: 'A block is missing on this server',
    unaffected: 'No answer was produced without it.',
    action: 'Run stemma fsck, then restore the named block from a backup or import its model again.',
  },
  DATABASE_UNAVAILABLE: {
    title: 'The database does not answer',
    unaffected: 'Blocks and log files on disk are untouched.',
    action: 'The server recovers by itself when the database is back.',
  },
  STREAM_BROKEN: {
    title: 'The answer broke off',
    unaffected: 'What arrived before is shown.',
    action: 'Ask again: the same seed gives the same answer.',
  },
};

/** The advice for a refusal; general words for a code that has none of its own. */
export function adviceFor(problem: Problem): Advice {
  const known = byCode[problem.code];
  if (known !== undefined) return known;
  if (problem.status === 404)
    return { title: 'Not found', unaffected: null, action: 'Check the address, or search with Ctrl K.' };
  if (problem.status === 401 || problem.status === 403)
    return {
      title: 'Not allowed',
      unaffected: 'Nothing was changed.',
      action: 'Print a token with stemma keys token and enter it here.',
    };
  if (problem.status >= 500)
    return {
      title: 'The server failed',
      unaffected: 'Nothing was changed.',
      action: 'Look at the Status page, then try again.',
    };
  return {
    title: 'The server refused this',
    unaffected: 'Nothing was changed.',
    action: 'Change the input and try again.',
  };
}
