import { parentPort } from 'node:worker_threads';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';
import { TokenizerShelf } from './tokenizer-shelf.js';

/** How a text is to be read: as `TextTokenizer.encode` or, with a mark, as `encodeMarked`. */
export type EncodeMode = { readonly wrap: boolean } | { readonly mark: string };

/** A text for the thread; `source` comes along where the thread does not have that tokenizer (any more). */
export interface EncodeCall {
  readonly id: number;
  /** What the tokenizer is made of. */
  readonly tokenizer: string;
  readonly source: TokenizerSource | null;
  readonly text: string;
  readonly mode: EncodeMode;
}

/** Its answer. */
export interface EncodeReply {
  readonly id: number;
  readonly ids: Uint32Array;
}

/** Token ids of a text. */
export function encodeText(tokenizer: TextTokenizer, text: string, mode: EncodeMode): number[] {
  return 'mark' in mode ? tokenizer.encodeMarked(text, mode.mark) : tokenizer.encode(text, mode.wrap);
}

const shelf = new TokenizerShelf();

parentPort?.on('message', (call: EncodeCall) => {
  const tokenizer = shelf.get(call.tokenizer, call.source);
  const ids = Uint32Array.from(encodeText(tokenizer, call.text, call.mode));
  parentPort?.postMessage({ id: call.id, ids } satisfies EncodeReply, [ids.buffer]);
});
