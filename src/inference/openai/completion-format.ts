import type { Answer, AnswerDelta } from '../answers/answer-request.js';
import {
  finishReason,
  systemFingerprint,
  usageOf,
  type AnswerContext,
  type AnswerFormat,
} from '../responses/answer-format.js';
import { withReceipt } from './chat-completion-format.js';
import { completionLogprobs } from './logprobs.js';

/** OpenAI's `text_completion`, whole and in chunks. */
export class CompletionFormat implements AnswerFormat {
  private readonly prefix: string;
  private readonly suffix: string;
  private readonly offsets = new Map<number, number>();

  constructor(private readonly context: AnswerContext) {
    this.prefix = `${JSON.stringify(this.head()).slice(0, -1)},"choices":[`;
    this.suffix = context.includeUsage ? '],"usage":null}' : ']}';
  }

  open(choice: number): string {
    return this.chunk(choice, '', 'null', 'null');
  }

  delta({ choice, text, tokens }: AnswerDelta): string | null {
    const { tokenizer } = this.context.prepared.model;
    if (tokens.length === 0 || tokenizer === null)
      return text === '' ? null : this.chunk(choice, text, 'null', 'null');
    const offset = this.offsets.get(choice) ?? 0;
    const logprobs = completionLogprobs(tokenizer, tokens, offset);
    this.offsets.set(choice, offset + logprobs.tokens.reduce((length, token) => length + token.length, 0));
    return this.chunk(choice, text, JSON.stringify(logprobs), 'null');
  }

  close(choice: number, answer: Answer): string {
    return withReceipt(this.chunk(choice, '', 'null', `"${finishReason(answer)}"`), answer);
  }

  usage(answers: readonly Answer[]): string | null {
    if (!this.context.includeUsage) return null;
    return JSON.stringify({ ...this.head(), choices: [], usage: usageOf(this.context.prepared, answers) });
  }

  whole(answers: readonly Answer[]): object {
    const { prepared } = this.context;
    const { tokenizer } = prepared.model;
    return {
      ...this.head(),
      choices: answers.map((answer, index) => ({
        index,
        text: answer.text,
        logprobs:
          prepared.logprobs === undefined || tokenizer === null
            ? null
            : completionLogprobs(tokenizer, answer.tokens, 0),
        finish_reason: finishReason(answer),
        receipt_id: answer.receipt?.id ?? null,
      })),
      usage: usageOf(prepared, answers),
      receipt_id: answers[0].receipt?.id ?? null,
    };
  }

  private head() {
    const { id, created, model, prepared } = this.context;
    return { id, object: 'text_completion', created, model, system_fingerprint: systemFingerprint(prepared) };
  }

  private chunk(choice: number, text: string, logprobs: string, finish: string): string {
    const body = `{"index":${choice},"text":${JSON.stringify(text)},"logprobs":${logprobs},"finish_reason":${finish}}`;
    return this.prefix + body + this.suffix;
  }
}
