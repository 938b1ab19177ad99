import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Bytes read at once. */
const READ_BYTES = 1024 * 1024;

/** SHA-256 of a file as 64 hex digits, in little memory. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES }))
    hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
