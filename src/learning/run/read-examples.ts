import { CodedError, err, ok, type Result } from '../../common/index.js';
import { readDocuments } from '../../datasets/jsonl/index.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import type { TokenSequence } from '../trainer/batch.js';
import { isUnseen } from './unseen.js';

/** Most examples that one training takes: their tokens are held in memory. */
const MOST_EXAMPLES = 2_000_000;

/** What a file gives to learn from. */
export interface TrainingExamples {
  readonly learnt: TokenSequence[];
  /** Kept apart, to see how training fares. */
  readonly unseen: TokenSequence[];
  /** Longer than the model's context, and left out. */
  readonly tooLong: number;
}

/**
 * Reads the examples of a file of JSON lines. Refusals: `DATASET_*` with the line, `TRAINING_EXAMPLE`, `TRAINING_TOO_LITTLE` where
 * nothing is left to learn or to look at.
 */
export async function readExamples(
  source: AsyncIterable<Uint8Array>,
  encoder: ExampleEncoder,
  context: number,
): Promise<Result<TrainingExamples>> {
  const learnt: TokenSequence[] = [];
  const unseen: TokenSequence[] = [];
  let tooLong = 0;
  for await (const document of readDocuments(source)) {
    if (!document.ok) return document;
    const { content, line } = document.value;
    const example = encoder.encode(content);
    if (!example.ok) return err(withLine(example.error, line));
    if (example.value.ids.length > context + 1) tooLong++;
    else if (example.value.ids.length > example.value.firstTarget)
      (isUnseen(content) ? unseen : learnt).push(example.value);
    if (learnt.length + unseen.length > MOST_EXAMPLES)
      return err(new CodedError('TRAINING_TOO_MUCH', `more than ${MOST_EXAMPLES} examples`, { line }));
  }
  if (learnt.length > 0 && unseen.length > 0) return ok({ learnt, unseen, tooLong });
  const message = `${learnt.length} examples to learn and ${unseen.length} to look at are too few: every tenth document is kept apart, by its text`;
  return err(new CodedError('TRAINING_TOO_LITTLE', message, { tooLong }));
}

function withLine({ code, message, facts }: CodedError, line: number): CodedError {
  return new CodedError(code, `line ${line}: ${message}`, { ...facts, line });
}
