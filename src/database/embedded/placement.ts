import { createHash, randomUUID } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, err, ok, systemCodeOf, type Result } from '../../common/index.js';
import { canUse, type SystemUser } from './system-user.js';

/** Where the cluster of a data folder lives and where its socket goes. */
export interface Placement {
  /** Folder that holds `cluster` and `socket`; owned by PostgreSQL's user, mode 0700. */
  readonly home: string;
}

/** Longest folder for a Unix socket: 107 bytes are left for the path, the file name takes 18. */
const LONGEST_SOCKET_FOLDER = 88;

/**
 * Finds or makes the folder for the cluster: `postgres` in the data folder, or, when PostgreSQL's user cannot enter the
 * data folder, a new folder below `base` with a link to it from `postgres`. Refusals: POSTGRES_CLUSTER_MISSING (the link's
 * target is gone), STORAGE errors are thrown.
 */
export async function placeCluster(
  dataDir: string,
  base: string,
  user: SystemUser | null,
): Promise<Result<Placement>> {
  const here = join(await realpath(dataDir), 'postgres');
  const link = await linkTarget(here);
  if (link !== null) {
    return (await exists(link))
      ? ok({ home: link })
      : err(
          new CodedError(
            'POSTGRES_CLUSTER_MISSING',
            `${here} points to ${link}, which is gone; restore it from a backup`,
          ),
        );
  }
  if (canUse(user, dataDir, 'enter')) {
    await makeOwned(here, user);
    return ok({ home: here });
  }
  const elsewhere = join(base, `cluster-${randomUUID()}`);
  await makeOwned(elsewhere, user);
  await symlink(elsewhere, here);
  return ok({ home: elsewhere });
}

/** The folder for the socket: beside the cluster, or a short private one when that path is too long for a socket. */
export async function socketFolder(placement: Placement, user: SystemUser | null): Promise<Result<string>> {
  const beside = join(placement.home, 'socket');
  if (Buffer.byteLength(beside) <= LONGEST_SOCKET_FOLDER) {
    await makeOwned(beside, user);
    return ok(beside);
  }
  const name = createHash('sha256').update(placement.home).digest('hex').slice(0, 16);
  const short = `/tmp/stemma-${name}`;
  await mkdir(short, { mode: 0o700 }).catch(ignoreExisting);
  const found = await lstat(short);
  const mine = process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || (found.uid !== mine && found.uid !== user?.uid)) {
    return err(
      new CodedError('POSTGRES_SOCKET_FOLDER', `${short} belongs to somebody else; use a shorter DATA_DIR`),
    );
  }
  await makeOwned(short, user);
  return ok(short);
}

async function makeOwned(folder: string, user: SystemUser | null): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (user !== null) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT' || systemCodeOf(thrown) === 'EINVAL') return null;
    throw thrown;
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function ignoreExisting(thrown: unknown): void {
  if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
}
