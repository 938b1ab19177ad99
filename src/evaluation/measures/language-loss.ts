import type { ScoredText } from '../../inference/index.js';

/** How well a model predicts the sentences of the question set, whatever its tokens are. */
export interface LanguageLoss {
  /** Negative log-probability of all tokens but each sentence's first, per byte of text; less is better. */
  readonly nats_per_byte: number;
  readonly sentences: number;
  /** UTF-8 bytes of the sentences. */
  readonly bytes: number;
}

/** A sentence with what the model made of it. */
export interface ScoredSentence extends Pick<ScoredText, 'logprobs'> {
  readonly sentence: string;
}

/** Loss over all sentences, summed in order: same release and questions, same bits. Null without any. */
export function languageLoss(scored: readonly ScoredSentence[]): LanguageLoss | null {
  let [nats, bytes] = [0, 0];
  for (const { sentence, logprobs } of scored) {
    for (const logprob of logprobs) nats -= logprob;
    bytes += new TextEncoder().encode(sentence).length;
  }
  return bytes === 0 ? null : { nats_per_byte: nats / bytes, sentences: scored.length, bytes };
}
