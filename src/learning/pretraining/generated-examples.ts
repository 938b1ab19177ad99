import { createHash } from 'node:crypto';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { DOMAINS, examples, first, mixture, type LabelledExample } from '../../datasets/index.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import type { TokenSequence } from '../trainer/batch.js';

/** What a model is taught from nothing. */
export interface GeneratedExamples {
  readonly learnt: readonly TokenSequence[];
  /** Of the half that is never learnt, whatever the seed: as many of every domain. */
  readonly unseen: readonly TokenSequence[];
  /** SHA-256 over all of them: tells whether generators, tokenizer and template are still what they were. */
  readonly hash: string;
}

/** Which examples are wanted. */
export interface ExampleWish {
  readonly seed: string;
  /** At least so many. */
  readonly tokens: number;
  /** Longest sequence. */
  readonly context: number;
  /** Tokens that the model knows. */
  readonly vocabSize: number;
}

const UNSEEN_PER_DOMAIN = 24;
/** Examples in a row that do not fit into the context, after which none will. */
const MOST_MISSES = 10_000;

/**
 * Draws examples of the genesis domains until there are enough tokens; the same seed, tokenizer and context give the same examples.
 * `TRAINING_TOO_LITTLE` where the context holds none of them, `TRAINING_VOCABULARY` where the tokenizer knows more tokens than the model.
 * @param onTokens is told how many there are
 */
export function generatedExamples(
  encoder: ExampleEncoder,
  { seed, tokens, context, vocabSize }: ExampleWish,
  onTokens: (tokens: number) => void,
): Result<GeneratedExamples> {
  const encode = ({ prompt, completion }: LabelledExample): TokenSequence =>
    unwrap(encoder.encode({ form: 'completion', prompt, completion }));
  const fits = ({ ids }: TokenSequence) => ids.length <= context;
  const learnt: TokenSequence[] = [];
  let [found, misses] = [0, 0];
  for (const example of mixture('train', seed)) {
    if (found >= tokens || misses >= MOST_MISSES) break;
    const sequence = encode(example);
    misses = fits(sequence) ? 0 : misses + 1;
    if (misses > 0) continue;
    const unknown = sequence.ids.find((id) => id >= vocabSize);
    if (unknown !== undefined) return err(beyondVocabulary(unknown, vocabSize));
    learnt.push(sequence);
    found += sequence.ids.length - 1;
    onTokens(found);
  }
  const drawn = DOMAINS.flatMap((domain) => [...first(UNSEEN_PER_DOMAIN, examples(domain, 'heldOut', seed))]);
  const unseen = drawn.map(encode).filter(fits);
  if (found >= tokens && unseen.length > 0) {
    const unknown = unseen.flatMap(({ ids }) => ids).find((id) => id >= vocabSize);
    if (unknown !== undefined) return err(beyondVocabulary(unknown, vocabSize));
    return ok({ learnt, unseen, hash: hashOf([...learnt, ...unseen]) });
  }
  const message = `the examples of the genesis domains do not fit into a context of ${context} tokens`;
  return err(new CodedError('TRAINING_TOO_LITTLE', message, { context }));
}

function beyondVocabulary(token: number, vocabulary: number): CodedError {
  const message = `the tokenizer gives token ${token}, the model has ${vocabulary}`;
  return new CodedError('TRAINING_VOCABULARY', message, { token, vocabulary });
}

function hashOf(sequences: readonly TokenSequence[]): string {
  const hash = createHash('sha256');
  for (const { ids, firstTarget } of sequences) hash.update(Uint32Array.of(ids.length, firstTarget, ...ids));
  return hash.digest('hex');
}
