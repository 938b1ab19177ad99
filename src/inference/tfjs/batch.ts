import type { Span } from './attention.js';
import type { Batch } from './forward.js';
import type { StreamRows, TensorStream } from './tensor-stream.js';

/** Rows of a batch, at most, unless more streams wait for a token. */
const MOST_ROWS = 64;

/** A stream's part of a batch. */
export interface BatchShare extends StreamRows {
  readonly stream: TensorStream;
}

/** Who gets rows: every stream that waits for one token, then prompts, as many as are left, beginning with another one each time. */
export function batchOf(
  streams: readonly TensorStream[],
  turn: number,
): { readonly batch: Batch; readonly shares: readonly BatchShare[] } {
  const decoding = streams.filter(({ missing }) => missing === 1);
  const prompts = streams.filter(({ missing }) => missing > 1);
  const first = prompts.length === 0 ? 0 : turn % prompts.length;
  const tokens: number[] = [];
  const logitRows: number[] = [];
  const spans: Span[] = [];
  const shares: BatchShare[] = [];
  for (const stream of [...decoding, ...prompts.slice(first), ...prompts.slice(0, first)]) {
    const count = stream.missing === 1 ? 1 : Math.min(stream.missing, MOST_ROWS - tokens.length);
    if (count <= 0) break;
    const row = tokens.length;
    const next = stream.next(count);
    shares.push({ stream, row, count, logitRow: logitRows.length });
    spans.push({ cache: stream.cache, row, count, position: stream.computed });
    tokens.push(...next.tokens);
    logitRows.push(...next.logitRows.map((wanted) => row + wanted));
  }
  const wantsHidden = shares.some(({ stream }) => stream.wantsHidden);
  return { batch: { tokens, spans, logitRows, wantsHidden }, shares };
}
