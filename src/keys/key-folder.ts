import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, systemCodeOf, type Result } from '../common/index.js';
import { storageError } from '../config/index.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { decodeKeyFile, encodeKeyFile, type KeyAlgorithm, type KeyName } from './key-file.js';

/** The node's secrets on disk: one file each, mode 0600, in a folder of mode 0700. */
export class KeyFolder {
  constructor(
    private readonly folder: string,
    private readonly passphrase: string | null,
  ) {}

  /**
   * The secret of that name (32 bytes), made on first use. A plain file is encrypted when a passphrase is set. An existing
   * file that cannot be read is never replaced. Refusals: KEY_*, STORAGE_*.
   */
  async secret(name: KeyName, algorithm: KeyAlgorithm): Promise<Result<Uint8Array>> {
    const path = join(this.folder, `${name}.json`);
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const text = await readIfPresent(path);
      if (text === null) return ok(await this.create(path, algorithm));
      const opened = await decodeKeyFile(path, text, algorithm, this.passphrase);
      if (!opened.ok) return opened;
      if (!opened.value.encrypted && this.passphrase !== null) {
        await this.write(path, algorithm, opened.value.secret);
      }
      await restrict(path);
      return ok(opened.value.secret);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== undefined) return err(storageError(this.folder, thrown));
      throw thrown;
    }
  }

  private async create(path: string, algorithm: KeyAlgorithm): Promise<Uint8Array> {
    const secret =
      algorithm === 'secp256k1' ? secp256k1.utils.randomSecretKey() : new Uint8Array(randomBytes(32));
    await this.write(path, algorithm, secret);
    return secret;
  }

  private async write(path: string, algorithm: KeyAlgorithm, secret: Uint8Array): Promise<void> {
    const temporary = `${path}.${randomUUID()}`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(await encodeKeyFile(algorithm, secret, this.passphrase));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncFolder(this.folder);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

async function restrict(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) await chmod(path, 0o600);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
