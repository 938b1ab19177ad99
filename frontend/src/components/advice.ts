import type { Problem } from '../api/problem.js';

/** The words around a refusal: what happened, what was not affected, what to do. */
export interface Advice {
  readonly title: string;
  readonly unaffected: string | null;
  readonly action: string;
}

const nothingChanged = 'Nothing was changed.';
const restoreBlock =
  'Run npx stemma fsck, then restore the named block from a backup, or import its model again: the same input gives the same block.';

/** Advice for single codes. */
export const adviceByCode: Readonly<Record<string, Advice>> = {
  NETWORK: {
    title: 'The server cannot be reached',
    unaffected: 'Nothing that was acknowledged is lost.',
    action: 'Start it with npm start, or wait: this page tries again by itself.',
  },
  QUEUE_FULL: {
    title: 'Too much work at once',
    unaffected: 'Answers that are under way go on.',
    action: 'Ask again in a moment. MAX_QUEUE sets how many may wait.',
  },
  LOGIN_REFUSED: {
    title: 'Name or password is wrong',
    unaffected: null,
    action: 'Try again. An admin of the server can make you another account.',
  },
  LOGIN_THROTTLED: {
    title: 'Too many failed attempts',
    unaffected: 'Sessions that are open stay open.',
    action: 'Wait as long as the sentence says. The right password counts then.',
  },
  RATE_LIMITED: {
    title: 'Too many requests in a minute',
    unaffected: nothingChanged,
    action: 'Wait as long as the sentence says. An admin can raise the tier of an account.',
  },
  ACCOUNT_EXISTS: {
    title: 'This name or e-mail address is taken',
    unaffected: nothingChanged,
    action: 'Choose another one.',
  },
  PASSWORD_WRONG: {
    title: 'The current password is wrong',
    unaffected: nothingChanged,
    action: 'Try again.',
  },
  SETUP_TOKEN_INVALID: {
    title: 'This link was used or has expired',
    unaffected: nothingChanged,
    action: 'Start the server again for a new link, or run npx stemma admin create.',
  },
  PASSWORD_LINK_INVALID: {
    title: 'This link was used or has expired',
    unaffected: 'The password is what it was.',
    action: 'Ask an admin for a new link.',
  },
  LAST_WAY_IN: {
    title: 'Only this wallet opens the account',
    unaffected: nothingChanged,
    action: 'Set a password first, or link another wallet.',
  },
  LAST_ADMIN: {
    title: 'This is the last admin',
    unaffected: nothingChanged,
    action: 'Make somebody else an admin first.',
  },
  PROMPT_TOO_LONG: {
    title: 'The prompt does not fit into the model',
    unaffected: nothingChanged,
    action: 'Shorten it, begin a new conversation, or send no earlier turns along (Parameters).',
  },
  ENGINE_RESTARTED: {
    title: 'The engine restarted during this answer',
    unaffected: 'Chain, log and receipts are untouched.',
    action: 'Ask again: the same seed gives the same answer.',
  },
  ENGINE_UNAVAILABLE: {
    title: 'The engine is not running',
    unaffected: 'Chain, log and receipts are untouched, and everything that needs no model works.',
    action: 'The Status page says why. The server tries again by itself.',
  },
  ANSWER_TIMEOUT: {
    title: 'The answer took too long',
    unaffected: 'Other answers go on.',
    action: 'Ask for a shorter answer, or again when less is going on.',
  },
  MODEL_NOT_FOUND: {
    title: 'There is no such model',
    unaffected: nothingChanged,
    action: 'Choose one from the list, or import one: npx stemma import <folder>.',
  },
  BLOCK_CORRUPT: {
    title: 'A block on this server is damaged',
    unaffected: 'No answer was produced from it.',
    action: restoreBlock,
  },
  BLOCK_MISSING: {
    title: 'A block is missing on this server',
    unaffected: 'No answer was produced without it.',
    action: restoreBlock,
  },
  BLOB_CORRUPT: {
    title: 'A stored payload is damaged',
    unaffected: 'It is given out to nobody.',
    action: restoreBlock,
  },
  BLOB_MISSING: {
    title: 'A stored payload is missing',
    unaffected: 'No other block is affected.',
    action: restoreBlock,
  },
  BLOCK_UNKNOWN: {
    title: 'There is no such block here',
    unaffected: null,
    action: 'Check the hash and the chain it is on, or search with Ctrl K.',
  },
  RECEIPT_NOT_FOUND: {
    title: 'There is no such receipt here',
    unaffected: null,
    action: 'Check the id. A receipt is kept by the node that gave the answer.',
  },
  DATABASE_UNAVAILABLE: {
    title: 'The database does not answer',
    unaffected: 'Blocks and log files on disk are untouched.',
    action: 'The server recovers by itself when the database is back.',
  },
  AUDIT_TOO_LONG: {
    title: 'The audit is too long for this page',
    unaffected: 'Nothing was saved.',
    action: 'Read GET /api/guardian/audit page by page: docs/formats/guardian-audit.md says how.',
  },
  STREAM_BROKEN: {
    title: 'The answer broke off',
    unaffected: 'What arrived before is shown.',
    action: 'Ask again: the same seed gives the same answer.',
  },
  TRAINING_CRASHED: {
    title: 'The training stopped',
    unaffected: 'The server and your data are not affected.',
    action: 'Reload the page. Training needs a current browser, and https or a loopback address.',
  },
  TRAINING_ELSEWHERE: {
    title: 'Another tab works on it',
    unaffected: 'What is kept of the training is not affected.',
    action: 'Go on in that tab, or close it and take the training up here.',
  },
  TRAINING_CHANGED: {
    title: 'This training cannot go on',
    unaffected: 'What is kept of it is still here.',
    action: 'Forget it, and train again: the model, the data or the kernel are others than it began with.',
  },
  TRAINING_DIVERGED: {
    title: 'The training went astray',
    unaffected: nothingChanged,
    action: 'Take a lower learning rate and train again.',
  },
  TRAINING_TOO_LITTLE: {
    title: 'There is too little to learn from',
    unaffected: nothingChanged,
    action: 'Take more documents: about one in ten is kept apart to see how training fares.',
  },
  KEY_INVALID: {
    title: 'This is no key',
    unaffected: 'The key that was here stays.',
    action: 'Paste the content of a file that Save this key has written.',
  },
  KEY_CHANGED: {
    title: 'Another tab has changed the key',
    unaffected: 'Nothing was signed or sent.',
    action: 'The key that is kept now is shown here: hand in again to sign with it, or use the other one.',
  },
  KEY_STORE: {
    title: 'This browser keeps no key',
    unaffected: 'What was trained is still here.',
    action:
      'Leave private browsing or allow this page to store data; or save the files and use stemma submit.',
  },
  VERIFY_CRASHED: {
    title: 'The verification stopped',
    unaffected: 'It says nothing about the answer.',
    action: 'Reload the page. Verification needs a current browser, and https or a loopback address.',
  },
  DASHBOARD: {
    title: 'This page could not be drawn',
    unaffected: 'The server is not affected.',
    action: 'Try again, or reload the page. If it stays, report it with the sentence above.',
  },
  STORAGE_FULL: {
    title: 'The disk of the server is full',
    unaffected: nothingChanged,
    action: 'Free some space in DATA_DIR; no restart is needed.',
  },
  STORAGE_READ_ONLY: {
    title: 'The data folder cannot be written to',
    unaffected: nothingChanged,
    action: 'Check the permissions of DATA_DIR and the mount it is on.',
  },
};

/** Advice for families of codes, by how they begin. */
export const adviceByPrefix: readonly (readonly [prefix: string, advice: Advice])[] = [
  [
    'BLOCK_',
    {
      title: 'The chain did not accept a block',
      unaffected: nothingChanged,
      action: 'The code names the check that failed; docs/formats/block.md describes each.',
    },
  ],
  [
    'LOG_',
    {
      title: 'The log could not answer',
      unaffected: 'What is in the log stays there.',
      action: 'Wait a second and try again; if it stays, run npx stemma fsck.',
    },
  ],
  [
    'KERNEL_',
    {
      title: 'The kernel cannot be used',
      unaffected: 'No answer was produced by it.',
      action: 'Build it anew with npm run build:kernel; the Status page shows the self-test.',
    },
  ],
  [
    'JSON_',
    {
      title: 'The request is not valid JSON',
      unaffected: nothingChanged,
      action: 'Send one JSON document in UTF-8.',
    },
  ],
  [
    'IMPORT_',
    {
      title: 'The checkpoint was not imported',
      unaffected: 'Blocks that were complete stay, and the next attempt goes on from there.',
      action: 'The sentence names the file, the tensor or the setting at fault.',
    },
  ],
];

const byStatus: readonly (readonly [test: (status: number) => boolean, advice: Advice])[] = [
  [
    (status) => status === 404,
    { title: 'Not found', unaffected: null, action: 'Check the address, or search with Ctrl K.' },
  ],
  [
    (status) => status === 401 || status === 403,
    {
      title: 'Not allowed',
      unaffected: nothingChanged,
      action:
        'Sign in, print a token with npx stemma keys token and enter it here, or ask an admin for the role.',
    },
  ],
  [
    (status) => status >= 500,
    {
      title: 'The server failed',
      unaffected: nothingChanged,
      action: 'Look at the Status page, then try again.',
    },
  ],
];

const general: Advice = {
  title: 'This was refused',
  unaffected: nothingChanged,
  action: 'Change what the sentence names and try again.',
};

/** The advice for a code: its own, its family's, or that of the HTTP status. */
export function adviceFor({ code, status }: Pick<Problem, 'code' | 'status'>): Advice {
  return (
    adviceByCode[code] ??
    adviceByPrefix.find(([prefix]) => code.startsWith(prefix))?.[1] ??
    byStatus.find(([test]) => test(status))?.[1] ??
    general
  );
}
