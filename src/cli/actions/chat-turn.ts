import { randomUUID } from 'node:crypto';
import { CodedError, unwrap } from '../../common/index.js';
import type { InferenceService } from '../../inference/index.js';
import { problemIn, serverGone, type ServerClient } from '../server-client.js';
import type { CommandHost } from '../with-application.js';

/** One message of a conversation. */
export interface ChatMessageLine {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** How answers are to be made; what is undefined takes the model's default. */
export interface ChatSettings {
  readonly model: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

/** One answer. */
export interface ChatAnswer {
  readonly text: string;
  readonly finish: string;
  readonly receipt: string | null;
}

/** What a turn needs besides the conversation. */
export interface TurnListener {
  readonly signal: AbortSignal;
  /** Told of text as it arrives. */
  readonly onText: (text: string) => void;
}

/** Asks for the next answer of a conversation, through the server or in this process. */
export async function chatTurn(
  host: CommandHost,
  settings: ChatSettings,
  messages: readonly ChatMessageLine[],
  listener: TurnListener,
): Promise<ChatAnswer> {
  if (host.kind === 'server') return askServer(host.server, settings, messages, listener);
  const { InferenceService } = await import('../own-services.js');
  return askApplication(host.application.get(InferenceService), settings, messages, listener);
}

async function askApplication(
  inference: InferenceService,
  { model, maxTokens, temperature, seed }: ChatSettings,
  messages: readonly ChatMessageLine[],
  { signal, onText }: TurnListener,
): Promise<ChatAnswer> {
  const request = { model, prompt: { messages }, maxTokens, temperature, seed, owner: 'command' };
  const prepared = unwrap(await inference.prepare(request));
  const listener = {
    id: `chat-${randomUUID()}`,
    signal,
    on: (delta: { text: string }) => onText(delta.text),
  };
  const [answer] = unwrap(await inference.run(prepared, listener));
  return { text: answer.text, finish: answer.finish, receipt: answer.receipt?.id ?? null };
}

/** The parts of a `chat.completion.chunk` that are read. */
interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
  readonly receipt_id?: string | null;
  /** Comes instead of the rest when the answer failed on the way. */
  readonly error?: { readonly code: string; readonly message: string };
}

async function askServer(
  server: ServerClient,
  { model, maxTokens, temperature, seed }: ChatSettings,
  messages: readonly ChatMessageLine[],
  { signal, onText }: TurnListener,
): Promise<ChatAnswer> {
  const body = { model, messages, stream: true, max_tokens: maxTokens, temperature, seed };
  let answer: ChatAnswer = { text: '', finish: 'cancelled', receipt: null };
  try {
    const response = await server.fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok || response.body === null) throw await problemIn(response);
    for await (const data of eventData(response.body)) {
      const { choices = [], receipt_id: receipt = null, error } = JSON.parse(data) as Chunk;
      if (error !== undefined) throw new CodedError(error.code, error.message);
      const { delta, finish_reason: finish } = choices[0] ?? {};
      const piece = delta?.content ?? '';
      if (piece !== '') onText(piece);
      answer = {
        text: answer.text + piece,
        finish: finish ?? answer.finish,
        receipt: receipt ?? answer.receipt,
      };
    }
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    if (!signal.aborted) throw serverGone(server.url, thrown);
  }
  return answer;
}

/** Longest event read, in characters. */
const LONGEST_EVENT = 1 << 20;

/** The data of server-sent events up to `[DONE]`, one line each as this server writes them. */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    if (rest.length > LONGEST_EVENT) throw new RangeError('an event of the answer is too long');
    for (const line of lines) {
      if (line === 'data: [DONE]') return;
      if (line.startsWith('data: ')) yield line.slice('data: '.length);
    }
  }
}
