import { ok, type Result } from '../../common/result.js';
import { HeldLine } from './held-line.js';
import type { JsonlLimits } from './limits.js';
import { lineRefused } from './refusal.js';

/** One line without its line break. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Good until the next line is asked for. */
  readonly bytes: Uint8Array;
}

const LINE_BREAK = 0x0a;

/**
 * The lines of a stream of bytes, however it is cut; at most one line is held. Ends with the first refusal:
 * `DATASET_LINE_SIZE` as soon as a line is too long, before the rest of it is read; `DATASET_SIZE` for too many bytes.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  { lineBytes, totalBytes }: Pick<JsonlLimits, 'lineBytes' | 'totalBytes'>,
): AsyncGenerator<Result<Line>, void> {
  const held = new HeldLine();
  let read = 0;
  let number = 1;
  for await (const chunk of source) {
    read += chunk.length;
    if (read > totalBytes) return yield lineRefused('SIZE', number, `is beyond ${totalBytes} bytes`);
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(LINE_BREAK, start);
      const piece = chunk.subarray(start, end < 0 ? undefined : end);
      if (held.length + piece.length > lineBytes)
        return yield lineRefused('LINE_SIZE', number, `has more than ${lineBytes} bytes`);
      // A line inside one chunk needs no copy.
      if (end < 0 || held.length > 0) held.append(piece);
      if (end < 0) break;
      yield ok({ number, bytes: held.length > 0 ? held.take() : piece });
      number++;
      start = end + 1;
    }
  }
  if (held.length > 0) yield ok({ number, bytes: held.take() });
}
