import { open } from 'node:fs/promises';
import { CodedError, err, ok, type Result } from '../../common/index.js';

/** Appends to a file until it has `limit` bytes; a chunk that goes beyond is refused (`UPLOAD_TOO_LARGE`) and undone. */
export async function writeChunk(
  path: string,
  start: number,
  limit: number,
  chunk: AsyncIterable<Uint8Array>,
): Promise<Result<void>> {
  const handle = await open(path, 'a');
  let end = start;
  try {
    for await (const piece of chunk) {
      end += piece.length;
      if (end > limit) {
        await handle.truncate(start);
        return err(
          new CodedError('UPLOAD_TOO_LARGE', `this chunk goes beyond byte ${limit}`, { limit }, 413),
        );
      }
      await handle.writeFile(piece);
    }
    return ok();
  } finally {
    await handle.close();
  }
}
