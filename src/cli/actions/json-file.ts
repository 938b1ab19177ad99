import { readFile, stat } from 'node:fs/promises';
import { CodedError, messageOf } from '../../common/index.js';

const LARGEST_FILE = 256 << 20;

/** Reads a file that holds a JSON object; throws the refusal `RECEIPT_UNREADABLE`. */
export async function readJsonFile(path: string): Promise<Record<string, unknown>> {
  const unreadable = (why: string) =>
    new CodedError('RECEIPT_UNREADABLE', `${path} cannot be read: ${why}`, { path });
  try {
    if ((await stat(path)).size > LARGEST_FILE) throw unreadable(`it has more than ${LARGEST_FILE} bytes`);
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (thrown) {
    throw thrown instanceof CodedError ? thrown : unreadable(messageOf(thrown));
  }
  throw unreadable('it holds no receipt');
}
