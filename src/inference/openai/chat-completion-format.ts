import type { Answer, AnswerDelta } from '../answers/answer-request.js';
import {
  finishReason,
  systemFingerprint,
  usageOf,
  type AnswerContext,
  type AnswerFormat,
} from '../responses/answer-format.js';
import { chatLogprobs } from './logprobs.js';

/** OpenAI's `chat.completion` and `chat.completion.chunk`. */
export class ChatCompletionFormat implements AnswerFormat {
  private readonly prefix: string;
  private readonly suffix: string;

  constructor(private readonly context: AnswerContext) {
    this.prefix = `${JSON.stringify(this.head('chat.completion.chunk')).slice(0, -1)},"choices":[`;
    this.suffix = context.includeUsage ? '],"usage":null}' : ']}';
  }

  open(choice: number): string {
    return this.chunk(choice, '{"role":"assistant","content":"","refusal":null}', 'null', 'null');
  }

  delta({ choice, text, tokens }: AnswerDelta): string | null {
    const { tokenizer } = this.context.prepared.model;
    const scored = tokens.length > 0 && tokenizer !== null;
    if (text === '' && !scored) return null;
    const logprobs = scored ? JSON.stringify(chatLogprobs(tokenizer, tokens)) : 'null';
    return this.chunk(choice, `{"content":${JSON.stringify(text)}}`, logprobs, 'null');
  }

  close(choice: number, answer: Answer): string {
    const last = this.chunk(choice, '{}', 'null', `"${finishReason(answer)}"`);
    return withReceipt(last, answer);
  }

  usage(answers: readonly Answer[]): string | null {
    if (!this.context.includeUsage) return null;
    const usage = usageOf(this.context.prepared, answers);
    return JSON.stringify({ ...this.head('chat.completion.chunk'), choices: [], usage });
  }

  whole(answers: readonly Answer[]): object {
    const { prepared } = this.context;
    return {
      ...this.head('chat.completion'),
      choices: answers.map((answer, index) => ({
        index,
        message: { role: 'assistant', content: answer.text, refusal: null },
        logprobs:
          prepared.logprobs === undefined || prepared.model.tokenizer === null
            ? null
            : chatLogprobs(prepared.model.tokenizer, answer.tokens),
        finish_reason: finishReason(answer),
        receipt_id: answer.receipt?.id ?? null,
      })),
      usage: usageOf(prepared, answers),
      receipt_id: answers[0].receipt?.id ?? null,
    };
  }

  private head(object: string) {
    const { id, created, model, prepared } = this.context;
    return { id, object, created, model, system_fingerprint: systemFingerprint(prepared) };
  }

  /** Put together as text: the head never changes, and a token's chunk is made thousands of times a second. */
  private chunk(choice: number, delta: string, logprobs: string, finish: string): string {
    const body = `{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}`;
    return this.prefix + body + this.suffix;
  }
}

/** A chunk with the receipt's id as its last field. */
export function withReceipt(chunk: string, answer: Answer): string {
  return answer.receipt === null ? chunk : `${chunk.slice(0, -1)},"receipt_id":"${answer.receipt.id}"}`;
}
