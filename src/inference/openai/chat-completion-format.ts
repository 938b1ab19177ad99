import type { Answer, AnswerDelta } from '../answers/answer-request.js';
import {
  finishReason,
  systemFingerprint,
  usageOf,
  type AnswerContext,
  type AnswerFormat,
} from '../responses/answer-format.js';
import { ChatDeltas, answeredMessage } from './chat-deltas.js';
import { chatLogprobs } from './logprobs.js';

/** OpenAI's `chat.completion` and `chat.completion.chunk`. */
export class ChatCompletionFormat implements AnswerFormat {
  private readonly prefix: string;
  private readonly suffix: string;
  private readonly deltas: ChatDeltas[] = [];

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
    const delta = this.deltasOf(choice).push(text);
    if (delta === null && !scored) return null;
    const logprobs = scored ? JSON.stringify(chatLogprobs(tokenizer, tokens)) : 'null';
    return this.chunk(choice, JSON.stringify(delta ?? { content: '' }), logprobs, 'null');
  }

  close(choice: number, answer: Answer): string {
    const deltas = this.deltasOf(choice);
    const rest = deltas.end() ?? {};
    const last = this.chunk(choice, JSON.stringify(rest), 'null', `"${chatFinish(answer, deltas)}"`);
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
      choices: answers.map((answer, index) => this.choice(answer, index)),
      usage: usageOf(prepared, answers),
      receipt_id: answers[0].receipt?.id ?? null,
    };
  }

  private choice(answer: Answer, index: number) {
    const { prepared } = this.context;
    const deltas = this.deltasOf(index);
    const message = answeredMessage(deltas, answer.text);
    return {
      index,
      message,
      logprobs:
        prepared.logprobs === undefined || prepared.model.tokenizer === null
          ? null
          : chatLogprobs(prepared.model.tokenizer, answer.tokens),
      finish_reason: chatFinish(answer, deltas),
      receipt_id: answer.receipt?.id ?? null,
    };
  }

  private deltasOf(choice: number): ChatDeltas {
    const { id, prepared } = this.context;
    this.deltas[choice] ??= new ChatDeltas(prepared.tools, `${id.replace('chatcmpl', 'call')}_${choice}`);
    return this.deltas[choice];
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

/** `finish_reason` of a chat: an answer that ended by itself and holds calls ended to have them made. */
function chatFinish(answer: Answer, deltas: ChatDeltas): 'stop' | 'length' | 'tool_calls' {
  const reason = finishReason(answer);
  return reason === 'stop' && deltas.called ? 'tool_calls' : reason;
}

/** A chunk with the receipt's id as its last field. */
export function withReceipt(chunk: string, answer: Answer): string {
  return answer.receipt === null ? chunk : `${chunk.slice(0, -1)},"receipt_id":"${answer.receipt.id}"}`;
}
