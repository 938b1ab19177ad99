import { send } from './client.js';
import { isRecord, Problem } from './problem.js';
import { serverSentEvents } from './sse.js';

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string;
}

/** The sampling parameters of the chat; null leaves the model's own default. */
export interface ChatParameters {
  readonly temperature: number | null;
  readonly top_p: number | null;
  readonly top_k: number | null;
  readonly min_p: number | null;
  readonly repetition_penalty: number | null;
  readonly max_tokens: number | null;
  readonly seed: number | null;
  readonly stop: readonly string[];
}

/** What an answer sends while it grows. */
export type ChatEvent =
  | { readonly type: 'started'; readonly id: string; readonly model: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'finished'; readonly reason: string }
  | { readonly type: 'receipt'; readonly id: string }
  | { readonly type: 'usage'; readonly promptTokens: number; readonly completionTokens: number };

/** Asks for an answer and gives out its parts as they arrive; throws a `Problem` when refused or broken off. */
export async function* streamChat(
  model: string,
  messages: readonly ChatMessage[],
  parameters: ChatParameters,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const body = {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...givenParameters(parameters),
  };
  const response = await send('/v1/chat/completions', {
    method: 'POST',
    body,
    signal,
    accept: 'text/event-stream',
  });
  const receipt = response.headers.get('x-receipt-id');
  if (receipt !== null && receipt !== '') yield { type: 'receipt', id: receipt };
  if (response.body === null) throw new Problem(0, 'NETWORK', 'The answer has no body.');
  let started = false;
  for await (const data of serverSentEvents(response.body)) {
    if (data === '[DONE]') return;
    const chunk: unknown = JSON.parse(data);
    if (!isRecord(chunk)) continue;
    if (!started && typeof chunk.id === 'string' && typeof chunk.model === 'string') {
      started = true;
      yield { type: 'started', id: chunk.id, model: chunk.model };
    }
    yield* chunkEvents(chunk);
  }
  throw new Problem(0, 'STREAM_BROKEN', 'The connection ended before the answer did.');
}

function givenParameters(parameters: ChatParameters): Record<string, unknown> {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(given);
}

/** The events in one chunk of an OpenAI stream. */
function* chunkEvents(chunk: Record<string, unknown>): Generator<ChatEvent> {
  if (isRecord(chunk.error) || typeof chunk.code === 'string') throw streamProblem(chunk);
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  if (isRecord(choice)) {
    if (isRecord(choice.delta) && typeof choice.delta.content === 'string' && choice.delta.content !== '')
      yield { type: 'text', text: choice.delta.content };
    if (typeof choice.finish_reason === 'string') yield { type: 'finished', reason: choice.finish_reason };
    if (typeof choice.receipt_id === 'string') yield { type: 'receipt', id: choice.receipt_id };
  }
  if (typeof chunk.receipt_id === 'string') yield { type: 'receipt', id: chunk.receipt_id };
  if (isRecord(chunk.usage))
    yield {
      type: 'usage',
      promptTokens: Number(chunk.usage.prompt_tokens ?? 0),
      completionTokens: Number(chunk.usage.completion_tokens ?? 0),
    };
}

function streamProblem(chunk: Record<string, unknown>): Problem {
  const error = isRecord(chunk.error) ? chunk.error : {};
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return new Problem(
    typeof chunk.status === 'number' ? chunk.status : 0,
    text(chunk.code) ?? text(error.code) ?? 'STREAM_FAILED',
    text(chunk.detail) ?? text(error.message) ?? 'The answer broke off.',
    text(chunk.request_id),
  );
}
