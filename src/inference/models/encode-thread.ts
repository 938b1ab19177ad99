import { parentPort } from 'node:worker_threads';
import { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';

/** How a text is to be read: as `TextTokenizer.encode` or, with a mark, as `encodeMarked`. */
export type EncodeMode = { readonly wrap: boolean } | { readonly mark: string };

/** A text for the thread; `source` comes with the first text of a release. */
export interface EncodeCall {
  readonly id: number;
  readonly release: string;
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

const tokenizers = new Map<string, TextTokenizer>();

function tokenizerOf({ release, source }: EncodeCall): TextTokenizer {
  const known = tokenizers.get(release);
  if (known !== undefined) return known;
  if (source === null) throw new Error(`no tokenizer was sent for ${release}`);
  const made = TextTokenizer.create(source);
  if (!made.ok) throw made.error;
  tokenizers.set(release, made.value);
  return made.value;
}

parentPort?.on('message', (call: EncodeCall) => {
  const ids = Uint32Array.from(encodeText(tokenizerOf(call), call.text, call.mode));
  parentPort?.postMessage({ id: call.id, ids } satisfies EncodeReply, [ids.buffer]);
});
