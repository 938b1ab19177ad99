import type { Answer, AnswerDelta } from '../answers/answer-request.js';
import { finishReason, usageOf, type AnswerContext, type AnswerFormat } from '../responses/answer-format.js';

/** The answers of `POST /chat`: text pieces while it streams, then everything about the answer. */
export class ChatFormat implements AnswerFormat {
  constructor(private readonly context: AnswerContext) {}

  open(): string {
    const { id, model } = this.context;
    return JSON.stringify({ id, model });
  }

  delta({ text }: AnswerDelta): string | null {
    return text === '' ? null : JSON.stringify({ text });
  }

  close(_choice: number, answer: Answer): string {
    return JSON.stringify(this.summary(answer));
  }

  usage(): null {
    return null;
  }

  whole([answer]: readonly Answer[]): object {
    return { ...this.summary(answer), response: answer.text };
  }

  private summary(answer: Answer): object {
    const { id, model, prepared } = this.context;
    return {
      id,
      model,
      version: prepared.model.version,
      release: prepared.model.release,
      finish_reason: finishReason(answer),
      usage: usageOf(prepared, [answer]),
      timings: {
        queued_ms: answer.timings.queuedMs,
        prefill_ms: answer.timings.prefillMs,
        decode_ms: answer.timings.decodeMs,
        first_token_ms: answer.timings.firstTokenMs,
      },
      receipt_id: answer.receipt?.id ?? null,
    };
  }
}
