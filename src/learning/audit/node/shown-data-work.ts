import { nativeSha256 } from '../../../common/native-hash.js';
import { hashJson, unwrap, type Json } from '../../../common/index.js';
import { ExampleEncoder } from '../../examples/example-encoder.js';
import type { Opening } from '../opening.js';
import { readTextKey } from '../read-text-key.js';
import { dataFigures, type DataFigures } from '../shown-data.js';
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
  const keys = Array.from(shown.values(), (example) => readTextKey(encoder.textIn(example), nativeSha256));
  const parts = { encoder, tokenizer: hashJson(tokenizer).slice(0, TOKENIZER_DIGITS), folder, part };
  return dataFigures(keys, await lookThrough(keys, sets, parts));
}
