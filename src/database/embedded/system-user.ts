import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CodedError, err, ok, type Result } from '../../common/index.js';

/** The operating system user PostgreSQL runs as. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Users to borrow when the server itself is root, in order of preference: PostgreSQL refuses to run as root. */
const BORROWED_USERS = ['postgres', 'nobody'];

/**
 * Null for an ordinary user, who runs PostgreSQL himself; for root, an existing user to run it as.
 * Refusal: POSTGRES_NO_USER.
 */
export function postgresUser(): Result<SystemUser | null> {
  if (process.getuid?.() !== 0) return ok(null);
  const users = readUsers();
  const found = BORROWED_USERS.map((name) => users.find((user) => user.name === name)).find((user) => user);
  if (found) return ok(found);
  const wanted = BORROWED_USERS.join(' or ');
  return err(
    new CodedError(
      'POSTGRES_NO_USER',
      `PostgreSQL does not run as root and there is no user ${wanted}; set DATABASE_URL`,
    ),
  );
}

/** How a child process is started as that user. */
export function runAs(user: SystemUser | null): { uid?: number; gid?: number } {
  return user === null ? {} : { uid: user.uid, gid: user.gid };
}

/** Whether that user can reach and use a path, asked of the system itself by trying as that user. */
export function canUse(user: SystemUser | null, path: string, need: 'execute' | 'enter'): boolean {
  const test = need === 'execute' ? '-x "$1" -a -f "$1"' : '-x "$1" -a -d "$1"';
  return spawnSync('/bin/sh', ['-c', `test ${test}`, 'sh', path], { ...runAs(user), cwd: '/' }).status === 0;
}

function readUsers(): SystemUser[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 4 && Number(fields[2]) > 0)
      .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  } catch {
    return [];
  }
}
