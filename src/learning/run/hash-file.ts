import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 (64 hex digits) and length of a file of any size. Throws what reading it throws. */
export async function hashFile(path: string): Promise<{ readonly hash: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { hash: hash.digest('hex'), bytes };
}
