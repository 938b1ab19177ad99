import type { Answer, AnswerDelta, PreparedAnswer } from '../answers/answer-request.js';

/** What all formats know of an answer before it is made. */
export interface AnswerContext {
  /** Identifier of the response. */
  readonly id: string;
  /** The model as the client named it. */
  readonly model: string;
  readonly prepared: PreparedAnswer;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Whether a stream ends with the token counts. */
  readonly includeUsage: boolean;
}

/** How answers look to a client: whole, or as a stream of JSON texts. */
export interface AnswerFormat {
  /** What a stream begins with, for one choice. */
  open(choice: number): string;
  /** A piece; null when there is nothing to show. */
  delta(delta: AnswerDelta): string | null;
  /** The end of one choice. */
  close(choice: number, answer: Answer): string;
  /** The end of the stream after all choices; null when nothing follows. */
  usage(answers: readonly Answer[]): string | null;
  /** The whole answer at once. */
  whole(answers: readonly Answer[]): object;
}

/**
 * Token counts as OpenAI's API gives them. The prompt counts once for all choices, so cached are those of its tokens that not even
 * one choice had to compute.
 */
export function usageOf(prepared: PreparedAnswer, answers: readonly Answer[]) {
  const completion = answers.reduce((tokens, answer) => tokens + answer.completionTokens, 0);
  const prompt = prepared.promptIds.length;
  const computed = answers.reduce((tokens, { cachedTokens }) => tokens + prompt - cachedTokens, 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: Math.max(0, prompt - computed) },
  };
}

/** `finish_reason`: a cancelled answer reaches nobody but a server that is stopping; its text is cut, so `length`. */
export function finishReason(answer: Answer): 'stop' | 'length' {
  return answer.finish === 'stop' ? 'stop' : 'length';
}

/** What answers depend on besides the request: release and kernel, so that a change shows (OpenAI's meaning of the field). */
export function systemFingerprint(prepared: PreparedAnswer): string {
  return `release_${prepared.model.release.slice(0, 16)}`;
}
