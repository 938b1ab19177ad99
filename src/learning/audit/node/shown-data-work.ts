import { nativeSha256 } from '../../../common/native-hash.js';
import { bytesToHex, hashJson, unwrap, type Json } from '../../../common/index.js';
import { ExampleEncoder } from '../../examples/example-encoder.js';
import type { TokenSequence } from '../../trainer/batch.js';
import { documentHash } from '../document-tree.js';
import type { Opening } from '../opening.js';
import { readTextKey } from '../read-text-key.js';
import { dataFigures, type DataFigures, type ShownDocument } from '../shown-data.js';
import { lookThrough, type DatasetFile } from './text-index.js';

/** Where documents that are shown of a training are looked for; all of it can be cloned. */
export interface DataInput {
  /** Named and approved datasets, the oldest first. */
  readonly sets: readonly DatasetFile[];
  /** Where keys of datasets are kept. */
  readonly folder: string;
  /** File that is written meanwhile. */
  readonly part: string;
}

/** Digits by which tokenizers are told apart. */
const TOKENIZER_DIGITS = 16;

/** In which datasets the shown documents stand. @param tokenizer payload of the release's tokenizer block */
export async function shownData(
  { updates }: Opening,
  tokenizer: Json | null,
  { sets, folder, part }: DataInput,
): Promise<DataFigures> {
  const encoder = unwrap(ExampleEncoder.create(tokenizer));
  // The same document may be taken in several epochs.
  const shown = new Map(updates.flatMap(({ examples }) => examples.map((each) => [each.index, each])));
  const documents = Array.from(shown.values(), (example) => shownDocument(example, encoder));
  const keys = [...new Set(documents.map(({ key }) => key))];
  const parts = { encoder, tokenizer: hashJson(tokenizer).slice(0, TOKENIZER_DIGITS), folder, part };
  return dataFigures(documents, await lookThrough(keys, sets, parts));
}

/** A document of which nothing is left to read is known by its tokens, with a longer key than those of texts: no dataset has it. */
function shownDocument({ ids, firstTarget }: TokenSequence, encoder: ExampleEncoder): ShownDocument {
  const key = readTextKey(encoder.textIn({ ids }), nativeSha256);
  const tokens = ids.length - firstTarget;
  return { key: key ?? bytesToHex(documentHash({ ids, firstTarget: 0 }, nativeSha256)), tokens };
}
