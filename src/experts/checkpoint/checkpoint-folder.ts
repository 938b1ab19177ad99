import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CodedError, err, messageOf, ok, systemCodeOf, type Result } from '../../common/index.js';
import { parseGuardedJson } from './json-guard.js';

const MAX_JSON_BYTES = 64 * 1024 * 1024;
const MAX_NESTING = 64;

/**
 * A folder with a checkpoint in the Hugging Face layout. Every file it hands out lies in that folder itself or, in a
 * download cache of the Hugging Face hub (`<repository>/snapshots/<revision>`), in the `blobs` its links lead to.
 */
export class CheckpointFolder {
  private readonly homes: readonly string[];

  private constructor(readonly path: string) {
    const above = dirname(path);
    this.homes = basename(above) === 'snapshots' ? [path, join(dirname(above), 'blobs')] : [path];
  }

  /** Refuses what is not a folder. */
  static async open(path: string): Promise<Result<CheckpointFolder>> {
    try {
      if ((await stat(path)).isDirectory()) return ok(new CheckpointFolder(await realpath(path)));
    } catch {
      return err(folderRefusal(path));
    }
    return err(folderRefusal(path));
  }

  /** The path of a file of this folder; refuses names with folders in them and links that lead elsewhere. */
  async locate(name: string): Promise<Result<string | null>> {
    const escape = () =>
      err(
        new CodedError('IMPORT_PATH', `${JSON.stringify(name)} leads out of the checkpoint's folder`, {
          file: name,
        }),
      );
    if (
      name === '' ||
      name === '.' ||
      name === '..' ||
      basename(name) !== name ||
      name.includes('\\') ||
      name.includes('\0')
    )
      return escape();
    try {
      const real = await realpath(join(this.path, name));
      return this.homes.includes(dirname(real)) ? ok(real) : escape();
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return ok(null);
      return err(new CodedError('IMPORT_UNREADABLE', `${name}: ${messageOf(thrown)}`, { file: name }));
    }
  }

  /** A JSON object from this folder, or null where there is no such file. */
  async readJson(name: string): Promise<Result<Record<string, unknown> | null>> {
    const bytes = await this.readBytes(name);
    if (!bytes.ok || bytes.value === null) return bytes as Result<null>;
    const parsed = parseGuardedJson(bytes.value, { code: 'IMPORT_JSON', what: name, maxDepth: MAX_NESTING });
    if (!parsed.ok) return parsed;
    if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
      return err(new CodedError('IMPORT_JSON', `${name}: not a JSON object`, { file: name }));
    }
    return ok(parsed.value as Record<string, unknown>);
  }

  /** A text file of this folder, or null where there is none. */
  async readText(name: string): Promise<Result<string | null>> {
    const bytes = await this.readBytes(name);
    if (!bytes.ok || bytes.value === null) return bytes as Result<null>;
    return ok(bytes.value.toString('utf8'));
  }

  private async readBytes(name: string): Promise<Result<Buffer | null>> {
    const located = await this.locate(name);
    if (!located.ok || located.value === null) return located as Result<null>;
    try {
      const { size } = await stat(located.value);
      if (size > MAX_JSON_BYTES) {
        return err(
          new CodedError('IMPORT_JSON', `${name}: ${size} bytes, allowed are ${MAX_JSON_BYTES}`, {
            file: name,
          }),
        );
      }
      return ok(await readFile(located.value));
    } catch (thrown) {
      return err(new CodedError('IMPORT_UNREADABLE', `${name}: ${messageOf(thrown)}`, { file: name }));
    }
  }
}

function folderRefusal(path: string): CodedError {
  return new CodedError('IMPORT_FOLDER', `${path} is not a folder that can be read`, { folder: path });
}
