import { CodedError, err, isHash, ok, type Result } from '../../common/index.js';
import type { DatasetDescription, DatasetFile } from '../registry/dataset-record.js';

/** Bounds of a description. */
export const DESCRIPTION_LIMITS = { files: 64, licence: 512, source: 500 } as const;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$/;
const CONTROL = /\p{Cc}/u;
const FIELDS = ['files', 'licence', 'name', 'source', 'version'];

type Members = Readonly<Record<string, unknown>>;

/**
 * What somebody says of a dataset, as it came in: exactly `{name, version, licence, source, files: [{name, bytes, sha256}]}`.
 * `DATASET_DESCRIPTION` (400) names the first member that is wrong, `DATASET_TOO_LARGE` (413) a set beyond `maxBytes`. The licence
 * may be any text here: the audit judges it.
 */
export function parseDescription(value: unknown, maxBytes: number): Result<DatasetDescription> {
  const members = membersOf(value, FIELDS);
  if (members === null) return wrong('description', `must be an object of ${FIELDS.join(', ')}`);
  const { name, version, licence, source, files } = members;
  if (!matches(NAME, name)) return wrong('name', 'must be 1 to 64 of a-z 0-9 . _ -');
  if (!matches(VERSION, version)) return wrong('version', 'must be a version such as 1.0.0');
  if (!isLine(licence, DESCRIPTION_LIMITS.licence)) return wrong('licence', 'must be an SPDX expression');
  if (!isLine(source, DESCRIPTION_LIMITS.source))
    return wrong('source', `must be one line of at most ${DESCRIPTION_LIMITS.source} characters`);
  const listed = filesOf(files);
  if (listed === null)
    return wrong(
      'files',
      `must be 1 to ${DESCRIPTION_LIMITS.files} of {name, bytes, sha256}, with different names`,
    );
  const bytes = listed.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > maxBytes) return err(tooLarge(bytes, maxBytes));
  return ok({ name, version, licence, source, files: listed });
}

/** Bytes of all files of a description. */
export function bytesOf({ files }: Pick<DatasetDescription, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function filesOf(value: unknown): DatasetFile[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > DESCRIPTION_LIMITS.files) return null;
  const files: DatasetFile[] = [];
  for (const each of value as unknown[]) {
    const members = membersOf(each, ['bytes', 'name', 'sha256']);
    if (members === null) return null;
    const { name, bytes, sha256 } = members;
    if (!matches(FILE_NAME, name) || !isHash(sha256)) return null;
    if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 1) return null;
    if (files.some((file) => file.name === name)) return null;
    files.push({ name, bytes, sha256 });
  }
  return files;
}

function membersOf(value: unknown, fields: readonly string[]): Members | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.keys(value).sort().join() === fields.join() ? (value as Members) : null;
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isLine(value: unknown, longest: number): value is string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > longest) return false;
  return value.isWellFormed() && !CONTROL.test(value);
}

function wrong(field: string, what: string): Result<never> {
  return err(new CodedError('DATASET_DESCRIPTION', `${field} ${what}.`, { field }, 400));
}

function tooLarge(bytes: number, limit: number): CodedError {
  const message = `The dataset has ${bytes} bytes; at most ${limit} are taken.`;
  return new CodedError('DATASET_TOO_LARGE', message, { limit }, 413);
}
