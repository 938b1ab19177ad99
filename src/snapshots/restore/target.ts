import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bytesToHex,
  CodedError,
  err,
  ok,
  systemClock,
  systemCodeOf,
  type Result,
} from '../../common/index.js';
import { RESTORE_MARK, type AppConfig } from '../../config/index.js';
import type { NodeKeys } from '../../keys/index.js';
import { NODE_KEY_FILES } from '../create/plain-files.js';
import type { CheckedSnapshot } from './check-snapshot.js';
import { copyChecked } from './place-files.js';

/**
 * What may lie in a data folder that counts as empty: keys put there for the restore, snapshots, the lock of this command, how servers
 * ended, and what unfinished writes of that left.
 */
const HARMLESS =
  /^(keys|snapshots|lost\+found|ends\.json|(ends\.json|server\.running)\.[\da-f-]{36}|stemma\.lock.*|\.probe-\d+)$/;
/** Where `--force` moves what was there. */
const REPLACED = /^replaced-[\dT-]+Z$/;

/**
 * Makes the data folder ready for a restore, and marks it as unfinished: no server starts on it until `finishTarget`. What lies there
 * is moved aside with `force`, never removed. Refusals: `RESTORE_NOT_EMPTY` (409), `RESTORE_KEYS` (the keys there are another node's).
 */
export async function prepareTarget(
  { dataDir }: Pick<AppConfig, 'dataDir'>,
  snapshot: CheckedSnapshot,
  force: boolean,
  loadKeys: () => Promise<Result<NodeKeys>>,
): Promise<Result<void>> {
  const names = (await readdir(dataDir)).filter((name) => !HARMLESS.test(name) && !REPLACED.test(name));
  if (names.length > 0 && !force) {
    const detail = `${dataDir} is not empty (${names.slice(0, 5).join(', ')}); --force moves aside what is there`;
    return err(new CodedError('RESTORE_NOT_EMPTY', detail, {}, 409));
  }
  const withKeys = snapshot.manifest.with_keys;
  await moveAside(dataDir, withKeys && force ? [...names, 'keys'] : names);
  await writeFile(join(dataDir, RESTORE_MARK), `${snapshot.manifest.id}\n`);
  if (withKeys) await placeKeys(dataDir, snapshot);
  if ((await missingKeys(dataDir)).length > 0) return ok();
  const keys = await loadKeys();
  if (!keys.ok) return keys;
  if (bytesToHex(keys.value.logSigner.publicKey) === snapshot.manifest.key) return ok();
  const detail = `${join(dataDir, 'keys')} belongs to another node than the snapshot; put the right keys there`;
  return err(new CodedError('RESTORE_KEYS', detail));
}

/** Says that the restore is whole: servers may start. */
export async function finishTarget(dataDir: string): Promise<void> {
  await rm(join(dataDir, RESTORE_MARK), { force: true });
}

/** The files a node's identity lacks in a data folder. */
export async function missingKeys(dataDir: string): Promise<string[]> {
  const there = await readdir(join(dataDir, 'keys')).catch((): string[] => []);
  return NODE_KEY_FILES.filter((name) => !there.includes(name)).map((name) => `keys/${name}`);
}

async function moveAside(dataDir: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const moment = new Date(systemClock.now()).toISOString().slice(0, 19).replaceAll(':', '-');
  const aside = join(dataDir, `replaced-${moment}Z`);
  await mkdir(aside, { mode: 0o700 });
  for (const name of names) {
    await rename(join(dataDir, name), join(aside, name)).catch((thrown: unknown) => {
      if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
    });
  }
}

async function placeKeys(dataDir: string, { folder, manifest }: CheckedSnapshot): Promise<void> {
  const files = manifest.files.filter(({ path }) => path.startsWith('keys/'));
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  for (const file of files) {
    await copyChecked(join(folder, file.path), join(dataDir, file.path), file, 0o600);
    await chmod(join(dataDir, file.path), 0o600);
  }
}
